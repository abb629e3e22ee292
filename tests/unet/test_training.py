"""The training loop: repeatable, stopped at any moment, and not thrown by a bad step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
import torch

from napari_cytounet.errors import CytounetError, SettingsError, TrainingError
from napari_cytounet.events import BatchDone, Event, Notice, Validated
from napari_cytounet.settings import (
    DeviceSettings,
    LossSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)
from napari_cytounet.unet import training as loop
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.pace import Pace, RecordedPace, StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.training import MOST_SKIPPED, Training

QUICK = TrainSettings(
    training=TrainingSettings(steps=12, batch_size=4, patch_size=32),
    network=NetworkSettings(base_width=4, depth=2),
    device=DeviceSettings(device="cpu", threads=1),
)
Start = Callable[..., Training]


@pytest.fixture
def start(planes: list[TrainingPlane]) -> Start:
    """Make a training of two planes, validated on the third."""

    def make(
        settings: TrainSettings = QUICK,
        validation: Sequence[TrainingPlane] = planes[2:],
        pace: Pace | None = None,
    ) -> Training:
        card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
        return Training(
            build_network(card, settings.training.seed),
            planes[:2],
            validation,
            settings=settings,
            device=choose_device(settings.device),
            pace=pace or StepPace(settings.training.steps or 1, settings.optimiser.learning_rate),
        )

    return make


def _run(training: Training, cancel: threading.Event | None = None) -> list[Event]:
    return list(training.run(cancel or threading.Event(), time.perf_counter()))


def _changed(**concerns: dict[str, object]) -> TrainSettings:
    update = {name: getattr(QUICK, name).model_copy(update=values) for name, values in concerns.items()}
    return QUICK.model_copy(update=update)


def _equal(one: UNet, other: UNet) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_same_seed_and_steps_give_equal_weights(start: Start) -> None:
    one, again, other = start(), start(), start(_changed(training={"seed": 1}))
    for training in (one, again, other):
        _run(training)
    assert _equal(one.network, again.network)
    assert _equal(one.averaged, again.averaged)
    assert not _equal(one.network, other.network)


def test_training_makes_the_loss_smaller(start: Start) -> None:
    training = start(_changed(training={"steps": 40}, optimiser={"learning_rate": 0.01}))
    losses = [event.loss for event in _run(training) if isinstance(event, BatchDone)]
    assert sum(losses[-5:]) < 0.85 * sum(losses[:5])


def test_every_step_and_validation_is_told_in_order(start: Start) -> None:
    training = start()
    events = _run(training)
    batches = [event for event in events if isinstance(event, BatchDone)]
    assert [event.step for event in batches] == list(range(1, 13))
    assert all(0 <= event.fraction <= 1 for event in batches)
    validated = [event for event in events if isinstance(event, Validated)]
    assert validated[-1].step == 12
    assert validated[0].best
    best = max(event.dice for event in validated)
    assert training.best is not None
    assert training.best.score.dice == best
    last_best = [event for event in validated if event.best][-1]
    assert (last_best.step, last_best.dice) == (training.best.step, best)


def test_without_validation_the_last_weights_are_the_best(start: Start) -> None:
    training = start(validation=[])
    _run(training)
    assert training.best is not None
    assert training.best.step == 12
    assert training.best.score.thresholds == (0.5,)
    averaged = training.averaged.state_dict()
    assert all(torch.equal(values, averaged[name]) for name, values in training.best.weights.items())


@pytest.mark.parametrize(
    "settings",
    [
        _changed(optimiser={"optimiser": "sgd", "learning_rate": 0.05}),
        _changed(optimiser={"l1": 1e-4, "l2": 0.0}),
        _changed(optimiser={"averaging": 0.0}),
        _changed(loss={"loss": "dice"}),
        _changed(network={"stem": "plain"}),
        _changed(device={"mixed_precision": "on"}, training={"steps": 2}),
    ],
    ids=["sgd", "l1", "no averaging", "dice", "plain stem", "16 bits"],
)
def test_every_way_to_train_runs(start: Start, settings: TrainSettings) -> None:
    losses = [event.loss for event in _run(start(settings)) if isinstance(event, BatchDone)]
    assert len(losses) == settings.training.steps
    assert all(0 < loss < 10 for loss in losses)


def test_the_l1_penalty_makes_kernels_smaller(start: Start) -> None:
    def size(l1: float) -> float:
        training = start(_changed(optimiser={"l1": l1, "learning_rate": 0.01}, loss={"loss": "dice"}))
        _run(training)
        return sum(float(w.detach().abs().sum()) for w in training.network.parameters() if w.ndim > 1)

    assert size(1.0) < 0.95 * size(0.0)


def _spoil(monkeypatch: pytest.MonkeyPatch, steps: Callable[[int], bool]) -> None:
    """Make the loss of some steps, counted from 1, not finite."""
    true_loss = loop.segmentation_loss
    calls = iter(range(1, 10_000))

    def loss(*arguments: object) -> torch.Tensor:
        value: torch.Tensor = true_loss(*arguments)  # type: ignore[arg-type]
        return value * float("nan") if steps(next(calls)) else value

    monkeypatch.setattr(loop, "segmentation_loss", loss)


def test_steps_whose_loss_is_not_finite_are_skipped_and_counted(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(monkeypatch, lambda step: step in (1, 4, 5))
    training = start()
    events = _run(training)
    losses = [event.loss for event in events if isinstance(event, BatchDone)]
    assert [number for number, loss in enumerate(losses, 1) if loss != loss] == [1, 4, 5]
    assert training.skipped == 3
    assert events[-1] == Notice("3 of 12 steps had a loss that was not finite and were skipped.")
    assert all(torch.isfinite(values).all() for values in training.averaged.state_dict().values())


def test_weights_and_statistics_spoilt_by_infinite_activations_recover(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = start()
    draw = training.sampler.draw
    calls = iter(range(1, 100))

    def draw_with_an_infinity() -> object:
        batch = draw()
        if next(calls) == 3:
            batch.image[0, 0, 5, 5] = float("inf")
        return batch

    monkeypatch.setattr(training.sampler, "draw", draw_with_an_infinity)
    _run(training)
    assert training.skipped == 1
    for network in (training.network, training.averaged):
        assert all(torch.isfinite(values).all() for values in network.state_dict().values())


def test_too_many_skipped_steps_in_a_row_end_the_training(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(monkeypatch, lambda step: step > 3)
    training = start(_changed(training={"steps": 50}))
    with pytest.raises(TrainingError, match=rf"{MOST_SKIPPED} steps in a row.*lower learning rate"):
        _run(training)
    assert training.step == MOST_SKIPPED + 3


def test_skipped_steps_with_good_ones_between_do_not_end_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(monkeypatch, lambda step: step % MOST_SKIPPED != 0)
    training = start(_changed(training={"steps": 45}))
    _run(training)
    assert training.skipped == 43


def _exhaust_memory(monkeypatch: pytest.MonkeyPatch, beyond: int) -> None:
    """Make the network fail like the CPU's allocator for more than so many patches."""
    forward = UNet.forward

    def limited(network: UNet, image: torch.Tensor) -> torch.Tensor:
        if len(image) > beyond:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return forward(network, image)

    monkeypatch.setattr(UNet, "forward", limited)


def test_out_of_memory_halves_the_batch_once_and_says_so(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    _exhaust_memory(monkeypatch, beyond=2)
    training = start()
    events = _run(training)
    assert events[0] == Notice("Not enough memory for 4 patches a step: going on with 2.")
    assert sum(isinstance(event, Notice) for event in events) == 1
    assert training.step == 12
    assert training.sampler.batch_size == 2


def test_a_repetition_takes_the_smaller_batches_too(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    short = start(validation=[])
    with monkeypatch.context() as scarce:
        events = []
        for event in short.run(threading.Event(), time.perf_counter()):
            events.append(event)
            if isinstance(event, BatchDone) and event.step == 5:
                _exhaust_memory(scarce, beyond=2)
    batches = [event for event in events if isinstance(event, BatchDone)]
    sizes = tuple(event.batch_size for event in batches)
    assert sizes == (4,) * 5 + (2,) * 7
    pace = RecordedPace(tuple(event.learning_rate for event in batches), frozenset(), sizes)
    again = [event for event in _run(start(validation=[], pace=pace)) if isinstance(event, BatchDone)]
    assert [event.loss for event in again] == [event.loss for event in batches]


@pytest.mark.parametrize("size", [4, 1])
def test_out_of_memory_a_second_time_is_a_clear_error(
    start: Start, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    _exhaust_memory(monkeypatch, beyond=0)
    with pytest.raises(CytounetError, match=r"not enough memory for a batch of .*smaller --batch-size"):
        _run(start(_changed(training={"batch_size": size})))


def test_any_other_error_of_torch_is_not_taken_for_a_lack_of_memory(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(UNet, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        _run(start())


def test_cancelled_before_the_first_step_there_is_no_best(start: Start) -> None:
    cancel = threading.Event()
    cancel.set()
    training = start()
    assert _run(training, cancel) == []
    assert (training.step, training.best) == (0, None)


@pytest.mark.parametrize("stop_after", [1, 7])
def test_cancelled_in_the_middle_the_best_is_kept(start: Start, stop_after: int) -> None:
    cancel = threading.Event()
    training = start(_changed(training={"steps": 100}))
    steps = 0
    for event in training.run(cancel, time.perf_counter()):
        steps += isinstance(event, BatchDone)
        if steps == stop_after:
            cancel.set()
    assert training.step == stop_after
    assert training.best is not None
    assert training.best.step <= stop_after


def test_one_pixel_at_the_deepest_stage_is_refused(start: Start) -> None:
    deep = _changed(training={"batch_size": 1, "patch_size": 16}, network={"depth": 3})
    with pytest.raises(SettingsError, match="single pixel at the deepest stage"):
        start(deep)
    _run(start(_changed(training={"batch_size": 1, "steps": 1})))


def test_border_weights_change_what_is_learnt(planes: list[TrainingPlane], start: Start) -> None:
    weighted = [
        TrainingPlane(p.name, p.pixels, p.targets, p.labelled, torch.rand_like(p.pixels[0]) * 9 + 1)
        for p in planes
    ]
    plain = start(_changed(loss=LossSettings(loss="cross_entropy").model_dump()))
    _run(plain)
    training = Training(
        build_network(
            ModelCard(channels=1, classes=("cell",), network=QUICK.network, thresholds=(0.5,)), seed=0
        ),
        weighted[:2],
        weighted[2:],
        settings=_changed(loss=LossSettings(loss="cross_entropy").model_dump()),
        device=choose_device(QUICK.device),
        pace=StepPace(12, OptimiserSettings().learning_rate),
    )
    _run(training)
    assert not _equal(plain.network, training.network)
