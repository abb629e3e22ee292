"""What is taken in, learnt and judged, without a process around it."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.class_weights import class_weights
from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.steps_due import FIRST_STEPS, MOST_PATIENCE, PATIENCE, STEPS_A_STROKE
from napari_cytounet.correction.training import JUDGED, MOST_SKIPPED, CorrectionTraining
from napari_cytounet.errors import TrainingError
from napari_cytounet.unet.network import UNet

MakeEntry = Callable[..., Entry]
Begin = Callable[..., CorrectionTraining]


def _weights(training: CorrectionTraining) -> dict[str, torch.Tensor]:
    assert training.shown is not None
    return training.shown.network.state_dict()


def _equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_few_strokes_are_learnt(begin: Begin, strokes: list[Entry]) -> None:
    training = begin()
    training.take(strokes)
    training.learn(40)
    verdict = training.propose()
    assert verdict.adopted
    assert training.shown is not None
    assert (training.shown.number, training.shown.knows, training.latest) == (1, 4, 4)
    training.learn(40)
    training.propose()
    assert training.strokes.obeyed == training.strokes.judged == len(training.strokes) == 4
    assert training.steps == 80
    assert all(stroke.before is None for stroke in training.strokes.all())  # nothing was shown then
    assert all(stroke.lessons > 10 for stroke in training.strokes.all())


@pytest.mark.parametrize("obeying", [(0.5,), (0.25,), (0.5, 0.25, 0.125), ()])
def test_part_of_the_way_from_what_is_shown_has_a_chance_where_all_of_it_is_worse(
    begin: Begin, strokes: list[Entry], monkeypatch: pytest.MonkeyPatch, obeying: tuple[float, ...]
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(5)
    training.propose()
    before = {name: values.clone() for name, values in _weights(training).items()}
    training.learn(5)
    learnt = training._learner.candidate().state_dict()

    def shares(network: UNet, judged: list[Any], *_: Any) -> dict[int, float]:
        right = any(
            all(
                torch.allclose(values, before[name].lerp(learnt[name], share))
                for name, values in network.state_dict().items()
                if values.is_floating_point()
            )
            for share in (0.0, *obeying)
        )
        return {stroke.number: float(right) for stroke in judged}

    monkeypatch.setattr("napari_cytounet.correction.training.share_right", shares)
    assert training.shown is not None
    training.shown.found.clear()  # what it truly found
    assert training.propose().adopted == bool(obeying)
    most_learnt = max(obeying, default=0.0)
    for name, values in _weights(training).items():
        if values.is_floating_point():
            torch.testing.assert_close(values, before[name].lerp(learnt[name], most_learnt))
    assert all(stroke.grasped == 0 for stroke in training.strokes.all()), "what the learner makes of them"


@pytest.mark.parametrize(("obeying", "proposed"), [((1.0, 0.5), 1.0), ((0.5,), 0.5), ((), 0.0)])
def test_the_steadiest_average_is_shown_that_obeys_as_many_strokes_as_the_quick_one(
    begin: Begin,
    strokes: list[Entry],
    monkeypatch: pytest.MonkeyPatch,
    obeying: tuple[float, ...],
    proposed: float,
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(60)
    quick = training._learner.candidate().head.weight
    steady = training._learner.steady_candidate().head.weight
    assert not torch.allclose(quick, steady)

    def shares(network: UNet, judged: list[Any], *_: Any) -> dict[int, float]:
        steadiness = next(
            share
            for share in (0.0, 0.5, 1.0)
            if torch.allclose(network.head.weight, quick.lerp(steady, share), rtol=1e-6)
        )
        missed = 0.0 if steadiness in (0.0, *obeying) else 0.25  # of one stroke, and that is not obeyed then
        return {
            stroke.number: 1 - steadiness / 10 - (missed if stroke.number == 3 else 0) for stroke in judged
        }

    monkeypatch.setattr("napari_cytounet.correction.training.share_right", shares)
    assert training.propose().adopted
    torch.testing.assert_close(_weights(training)["head.weight"], quick.lerp(steady, proposed))
    for stroke in training.strokes.all():
        assert stroke.right == 1 - proposed / 10
        assert stroke.grasped == 1, "what the quick one makes of it, which learnt it last"


def test_the_version_that_is_shown_is_asked_once_of_each_stroke_until_that_changes(
    begin: Begin, strokes: list[Entry], entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(5)
    training.propose()
    assert training.shown is not None
    shown, asked = training.shown.network, []

    def shares(network: UNet, judged: list[Any], *_: Any) -> dict[int, float]:
        asked.append((network is shown, [stroke.number for stroke in judged]))
        return {stroke.number: float(network is shown) for stroke in judged}

    monkeypatch.setattr("napari_cytounet.correction.training.share_right", shares)
    training.shown.found.update(dict.fromkeys((1, 2, 3, 4), 1.0))
    for _ in range(2):
        assert not training.propose().adopted
    assert sum(of_shown and len(numbers) for of_shown, numbers in asked) == 0
    asked.clear()
    half, new = entry(5, (14, 14, 17, 28), 1), entry(6, (10, 42, 14, 60), 1)
    training.take([half, new])  # half of the first stroke is painted over
    assert [numbers for of_shown, numbers in asked if of_shown and numbers] == [[5, 6]]
    assert not training.propose().adopted
    assert [sorted(numbers) for of_shown, numbers in asked if of_shown and numbers] == [[5, 6], [1]]


def test_equal_entries_and_steps_give_equal_weights(begin: Begin, strokes: list[Entry]) -> None:
    trainings = [begin(), begin()]
    for training in trainings:
        for stroke in strokes:
            training.take([stroke])
            if not training.missing_classes:
                training.learn(5)
                training.propose()
    assert _equal(*map(_weights, trainings))


def test_classes_that_are_not_painted_yet_are_named(begin: Begin, entry: MakeEntry) -> None:
    training = begin(classes=2)
    assert training.missing_classes == [0, 1, 2]
    training.take([entry(1, (0, 0, 5, 5), 3)])
    assert training.missing_classes == [0, 1]
    training.take([entry(2, (9, 9, 15, 15), 1), entry(3, (20, 9, 25, 15), 2)])
    assert training.missing_classes == []
    training.take([entry(4, (9, 9, 15, 15), 0)])
    assert training.missing_classes == [0]


def test_what_lies_outside_the_session_says_nothing(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    changes = training.take(
        [
            entry(1, (0, 0, 5, 5), 2, plane=PlaneKey(7)),
            entry(2, (0, 0, 5, 5), 2, plane=PlaneKey(0, (1,))),
            entry(3, (-20, -20, -5, -5), 2),
            entry(4, (200, 0, 205, 5), 2),
            entry(5, (0, 0, 5, 5), 9),
            entry(6, (-3, 120, 4, 140), 2),
        ]
    )
    assert [change.painted for change in changes] == [0, 4 * 8]
    assert training.latest == 6
    assert [stroke.number for stroke in training.strokes.all()] == [6]
    assert training.supervision.values(PlaneKey(0), Box(-10, -10, 200, 200)).sum() == 2 * 32
    assert training.missing_classes == [0]


def test_a_correction_is_judged_before_it_is_learnt(
    begin: Begin, strokes: list[Entry], entry: MakeEntry
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(60)
    training.propose()
    known = entry(5, (62, 104, 80, 120), 2)
    wrong = entry(6, (80, 4, 88, 30), 2)  # cell, where all that was painted so far says background
    training.take([known, wrong])
    assert training.strokes[5].before == training.strokes[5].right
    assert training.strokes[5].before is not None
    assert training.strokes[5].before > 0.8
    assert training.strokes[6].before == 0
    training.learn(1)
    assert training.strokes[6].before == 0


def test_of_many_strokes_at_once_few_are_judged_each_time(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    many = [
        entry(number, (number % 80, number % 100, number % 80 + 4, number % 100 + 4), 1 + number % 2)
        for number in range(1, 101)
    ]
    training.take(many)
    assert training.strokes.judged == 0
    training.learn(1)
    judged = []
    while training.strokes.judged < len(training.strokes):
        training.propose()
        judged.append(training.strokes.judged)
        assert len(judged) < 10
    assert judged[0] <= 2 * JUDGED
    assert len(judged) > 1


def test_begun_again_it_shows_what_was_learnt_and_knows_what_it_was_taught(
    begin: Begin, strokes: list[Entry], entry: MakeEntry
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(60)
    training.propose()
    assert training.shown is not None
    network = copy.deepcopy(training.shown.network)

    again = begin()
    again.restart(copy.deepcopy(network), 4)
    assert _equal(_weights(again), dict(network.state_dict()))
    again.take([*strokes, entry(5, (80, 4, 88, 30), 2)])
    assert again.shown is not None
    assert again.shown.knows == 4
    assert [stroke.before for stroke in again.strokes.all()] == [None, None, None, None, 0]
    assert again.strokes.judged == 5
    again.learn(2)
    assert _equal(_weights(again), dict(network.state_dict()))  # what is shown does not move
    for _ in range(4):
        again.learn(15)
        again.propose()
    assert again.shown.knows == 5
    assert not _equal(_weights(again), dict(network.state_dict()))


def test_bringing_back_forgets_how_well_another_version_did(begin: Begin, strokes: list[Entry]) -> None:
    training = begin()
    training.take(strokes)
    training.learn(30)
    training.propose()
    former = training.shown
    assert former is not None
    training.learn(30)
    training.restart(copy.deepcopy(former.network), former.knows)
    assert training.strokes.judged == 0
    assert training.shown is not None
    assert training.former is former
    assert training.shown.number == 2
    assert _equal(_weights(training), dict(former.network.state_dict()))
    assert not any(parameter.requires_grad for parameter in training.shown.network.parameters())
    training.learn(5)
    training.propose()
    assert training.strokes.judged == 4


def test_a_new_stroke_is_learnt_at_once_where_its_place_is_held_out(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    places = [(8 * number, 8, 8 * number + 4, 40) for number in range(10)]
    training.take([entry(number + 1, box, 1 + number % 2) for number, box in enumerate(places)])
    for stroke in training.strokes.all():
        stroke.fold = stroke.number % 5
    training.learn(1)
    training.propose()
    assert training.proposals == 1
    training.take([entry(11, (88, 8, 92, 40), 2)])
    training.strokes[11].fold = 1
    for stroke in training.strokes.all():
        stroke.lessons = 0
    training.learn(20)
    assert {stroke.number for stroke in training.strokes.all() if not stroke.lessons} == {1, 6}


def test_an_undone_stroke_is_unlearnt(begin: Begin, strokes: list[Entry], entry: MakeEntry) -> None:
    training = begin()
    training.take([*strokes, entry(5, (80, 4, 88, 30), 2)])
    training.learn(5)
    training.propose()
    training.take([entry(6, (80, 4, 88, 30), 0)])
    assert len(training.strokes) == 4
    plane = training.planes[0]
    assert not plane.targets((78, 90), (0, 40)).any()
    training.learn(5)
    training.propose()


def test_what_is_left_to_learn_is_counted(begin: Begin, strokes: list[Entry]) -> None:
    training = begin()
    training.take(strokes)
    assert training.steps_left == FIRST_STEPS + 4 * STEPS_A_STROKE + MOST_PATIENCE
    training.learn(3)
    assert training.steps_left == FIRST_STEPS + 4 * STEPS_A_STROKE + MOST_PATIENCE - 3
    training.restart(training._learner.candidate(), known=2)
    assert training.steps_left == 2 * STEPS_A_STROKE + MOST_PATIENCE
    training.restart(training._learner.candidate(), known=4)  # it learnt all, but was not judged yet
    assert training.steps_left == STEPS_A_STROKE + PATIENCE
    training.strokes.latest.right = 1.0  # type: ignore[union-attr]
    assert training.steps_left == STEPS_A_STROKE


def test_what_was_corrected_weighs_in_the_steps(
    begin: Begin, strokes: list[Entry], entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin()
    seen: list[torch.Tensor] = []

    def spied(painted: object, free: object, rate: object, weights: torch.Tensor) -> float:
        seen.append(weights)
        return 0.0

    monkeypatch.setattr(training._learner, "step", spied)
    training.take(strokes)
    training.learn(1)
    training.take([entry(5, (80, 4, 88, 30), 1)])
    training.learn(1)
    before, after = seen
    assert after.tolist() == class_weights(training.strokes.all(), 1).tolist()
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_the_rate_falls_with_steps_and_rises_with_news(
    begin: Begin, strokes: list[Entry], entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin()
    rates: list[float] = []

    def spied(painted: object, free: object, rate: float, weights: object) -> float:
        rates.append(rate)
        return 0.0

    training.take(strokes)
    training.learn(5)
    training.propose()
    training.restart(copy.deepcopy(training.shown.network), known=4)  # type: ignore[union-attr]
    monkeypatch.setattr(training._learner, "step", spied)
    training.learn(1)
    monkeypatch.setattr(
        "napari_cytounet.correction.training.share_right",
        lambda _network, judged, *_: {stroke.number: 0.2 for stroke in judged},
    )
    training.take([entry(5, (80, 4, 88, 30), 1)])
    training.learn(2)
    assert rates == pytest.approx([0.02 * 0.15, 0.02 * 0.4, 0.02 * 0.4 * 0.99])


def test_with_less_memory_it_goes_on(begin: Begin, strokes: list[Entry]) -> None:
    training = begin()
    training.take(strokes)
    assert [training.use_less_memory() for _ in range(3)] == [2, 1, 1]
    training.learn(2)
    assert training.steps == 2


def test_a_loss_that_is_never_finite_is_said(
    begin: Begin, strokes: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin()
    training.take(strokes)
    losses = iter([math.nan] * (MOST_SKIPPED - 1) + [1.0] + [math.nan] * MOST_SKIPPED)
    monkeypatch.setattr(training._learner, "step", lambda *_: next(losses))
    training.learn(MOST_SKIPPED)
    with pytest.raises(TrainingError, match="not finite in 20 steps in a row"):
        training.learn(MOST_SKIPPED)


def test_nothing_grows_with_the_number_of_strokes_but_small_objects(begin: Begin, entry: MakeEntry) -> None:
    """Painting the same places again and again keeps the pixels of the last strokes only."""
    training = begin()
    sizes = []
    for turn in range(3):
        for row in range(0, 80, 2):
            training.take([entry(training.latest + 1, (row, row, row + 2, 99), 1 + (turn + row // 2) % 2)])
        size = training.supervision.nbytes
        sizes.append((size, len(training.strokes), len(training.planes[0]._painted)))
    assert len(set(sizes)) == 1
    assert np.mean([len(stroke.points) for stroke in training.strokes.all()]) <= 64
