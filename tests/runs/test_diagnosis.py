"""Known shapes of failure are told from good curves, and from one another."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from napari_cytounet.events import BatchDone, Validated
from napari_cytounet.runs.diagnosis import diagnose
from napari_cytounet.runs.failure_watch import FailureWatch
from napari_cytounet.runs.history import HistoryRow

STEPS = 400
EVERYTHING = 0.35
Curve = Callable[[float], float]


def _history(
    loss: Curve, dice: Curve | None = None, *, steps: int = STEPS, noise: float = 0.05
) -> list[HistoryRow]:
    """Return a history with noisy losses and ten validations; curves are over the share of the steps."""
    random = np.random.default_rng(0)
    rows = []
    for step in range(1, steps + 1):
        share = step / steps
        is_validated = dice is not None and step % (steps // 10) == 0
        score = dice(share) if is_validated and dice is not None else None
        rows.append(HistoryRow(step, step / 5, 0.002, loss(share) * (1 + noise * random.normal()), score))
    return rows


def _good_loss(share: float) -> float:
    return 0.2 + math.exp(-5 * share)


def _good_dice(share: float) -> float:
    return 0.95 - 0.5 * math.exp(-4 * share)


SHAPES = {
    "flat-loss": _history(lambda _: 1.3, lambda share: 0.38 + 0.02 * share),
    "all-background": _history(_good_loss, lambda _: 0.0),
    "constant-output": _history(lambda share: 1.2 - 0.4 * share, lambda share: EVERYTHING + 0.003 * share),
    "rising-loss": _history(lambda share: 0.4 + 3 * max(0, share - 0.5), lambda _: 0.6),
    "validation-falls-apart": _history(
        lambda share: 0.05 + math.exp(-4 * share), lambda share: 0.9 - 0.25 * abs(share - 0.3)
    ),
}
GOOD = {
    "that learns": _history(_good_loss, _good_dice),
    "that learns, noisily": _history(_good_loss, _good_dice, noise=0.3),
    "that goes on from a good model": _history(lambda _: 0.2, lambda _: 0.95),
    "without validation": _history(_good_loss),
    "that has only begun": _history(lambda _: 1.3, lambda _: 0.0, steps=50),
    "that begins slowly": _history(lambda share: 1.3 - 0.04 * share, lambda share: 0.35)[: STEPS // 5],
    "whose validation is steady": _history(_good_loss, lambda share: 0.9 + 0.01 * math.sin(20 * share)),
    "of images that are all cells": _history(lambda share: 0.1 - 0.05 * share, lambda _: 0.99),
}


@pytest.mark.parametrize("code", SHAPES)
def test_a_known_shape_is_found_and_no_other(code: str) -> None:
    found = diagnose(SHAPES[code], EVERYTHING)
    assert [diagnosis.code for diagnosis in found] == [code]
    assert len(found[0].text) > 80


@pytest.mark.parametrize("what", GOOD)
def test_a_good_training_is_not_warned_of(what: str) -> None:
    assert diagnose(GOOD[what], EVERYTHING) == []


def test_little_more_than_everything_is_nothing_learnt() -> None:
    """As of masks that belong to other images, where cells are rare: read from a training on BBBC030."""
    rows = _history(lambda share: 1.2 - 0.4 * share, lambda share: 0.036 + 0.0105 * share)
    assert [diagnosis.code for diagnosis in diagnose(rows, 0.036)] == ["constant-output"]


def test_all_cells_is_no_constant_output_where_that_is_the_truth() -> None:
    assert diagnose(GOOD["of images that are all cells"], 0.985) == []


def test_losses_that_are_not_finite_are_counted() -> None:
    rows = _history(lambda share: math.nan if share * STEPS % 5 < 1 else _good_loss(share), _good_dice)
    (found,) = diagnose(rows, EVERYTHING)
    assert found.code == "unstable"
    assert "of 400 steps" in found.text


def test_without_a_history_there_is_nothing_to_say() -> None:
    assert diagnose([], EVERYTHING) == []
    assert diagnose([HistoryRow(step, 0, 0, math.nan) for step in range(10)]) == []


def test_each_warning_comes_once_while_it_goes_on() -> None:
    watch, said = FailureWatch([]), []
    for row in SHAPES["all-background"]:
        said += watch.look(BatchDone(row.step, row.loss, row.learning_rate, row.seconds, 0.5), EVERYTHING)
        if row.validation_dice is not None:
            said += watch.look(Validated(row.step, row.seconds, row.validation_dice, best=False), EVERYTHING)
    assert [warning.code for warning in said] == ["all-background"]


def test_a_short_training_is_judged_by_what_it_came_to() -> None:
    watch = FailureWatch([])
    for row in SHAPES["constant-output"][:100]:
        assert not watch.look(BatchDone(row.step, row.loss, row.learning_rate, row.seconds, 0.5), EVERYTHING)
    assert not watch.look(Validated(100, 20.0, EVERYTHING, best=True), EVERYTHING)
    assert [warning.code for warning in watch.conclude(EVERYTHING)] == ["constant-output"]
    assert watch.conclude(EVERYTHING) == []


def test_a_resumed_run_is_looked_at_from_its_beginning() -> None:
    rows = SHAPES["all-background"]
    watch = FailureWatch(rows[:-1])
    last = rows[-1]
    watch.look(BatchDone(last.step, last.loss, last.learning_rate, last.seconds, 1.0), EVERYTHING)
    (warning,) = watch.look(Validated(last.step, last.seconds, 0.0, best=False), EVERYTHING)
    assert warning.code == "all-background"
