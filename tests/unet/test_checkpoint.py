"""A checkpoint: going on from it is the same as never having stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import torch

from napari_cytounet.errors import ModelFileError
from napari_cytounet.events import BatchDone, Event
from napari_cytounet.settings import (
    DeviceSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)
from napari_cytounet.unet.checkpoint import restore_checkpoint, save_checkpoint
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network, load_model, save_model
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.pace import StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.training import Training

STEPS = 12


def _training(
    planes: list[TrainingPlane],
    optimiser: Literal["adamw", "sgd"] = "adamw",
    *,
    validation: bool = True,
    width: int = 4,
    frozen: bool = False,
) -> Training:
    settings = TrainSettings(
        training=TrainingSettings(steps=STEPS, batch_size=4, patch_size=32),
        network=NetworkSettings(base_width=width, depth=2),
        optimiser=OptimiserSettings(optimiser=optimiser),
        device=DeviceSettings(device="cpu", threads=1),
    )
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    network = build_network(card, 0)
    if frozen:
        network.freeze_encoder()
    return Training(
        network,
        planes[:2],
        planes[2:] if validation else [],
        settings=settings,
        device=choose_device(settings.device),
        pace=StepPace(STEPS, settings.optimiser.learning_rate),
    )


def _events(training: Training) -> Iterator[Event]:
    return training.run(threading.Event(), time.perf_counter())


def _told(events: list[Event]) -> list[dict[str, object]]:
    return [{k: v for k, v in event.as_dict().items() if k != "seconds"} for event in events]


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("frozen", [False, True])
def test_going_on_is_the_same_as_never_having_stopped(
    tmp_path: Path,
    planes: list[TrainingPlane],
    optimiser: Literal["adamw", "sgd"],
    validation: bool,
    frozen: bool,
) -> None:
    file = tmp_path / "checkpoint.safetensors"
    whole = _training(planes, optimiser, validation=validation, frozen=frozen)
    after: list[Event] = []
    saved = False
    for event in _events(whole):
        if saved:
            after.append(event)
        if isinstance(event, BatchDone) and event.step == 5:
            save_checkpoint(file, whole)
            saved = True

    resumed = _training(planes, optimiser, validation=validation, frozen=frozen)
    restore_checkpoint(file, resumed)
    assert resumed.step == 5
    assert _told(list(_events(resumed))) == _told(after)
    for one, other in ((resumed.network, whole.network), (resumed.averaged, whole.averaged)):
        expected = other.state_dict()
        assert all(torch.equal(values, expected[name]) for name, values in one.state_dict().items())
    assert resumed.best is not None
    assert whole.best is not None
    assert resumed.best.step == whole.best.step
    assert resumed.best.score.thresholds == whole.best.score.thresholds
    assert all(torch.equal(values, whole.best.weights[n]) for n, values in resumed.best.weights.items())


def test_seconds_skipped_steps_and_a_halved_batch_are_kept(
    tmp_path: Path, planes: list[TrainingPlane]
) -> None:
    file = tmp_path / "checkpoint.safetensors"
    first, second = _training(planes), _training(planes)
    first.step, first.seconds, first.skipped, first.sampler.batch_size = 3, 12.5, 2, 2
    save_checkpoint(file, first)
    restore_checkpoint(file, second)
    assert (second.step, second.seconds, second.skipped, second.sampler.batch_size) == (3, 12.5, 2, 2)
    assert second.best is None
    later = next(event for event in _events(second) if isinstance(event, BatchDone))
    assert later.seconds > 12.5


def test_a_checkpoint_is_no_model_and_a_model_no_checkpoint(
    tmp_path: Path, planes: list[TrainingPlane]
) -> None:
    checkpoint, model = tmp_path / "checkpoint.safetensors", tmp_path / "model.safetensors"
    training = _training(planes)
    save_checkpoint(checkpoint, training)
    with pytest.raises(ModelFileError, match="not a model"):
        load_model(checkpoint)
    card = ModelCard(channels=1, classes=("cell",), network=NetworkSettings(), thresholds=(0.5,))
    save_model(model, training.network.state_dict(), card)
    with pytest.raises(ModelFileError, match="not a checkpoint"):
        restore_checkpoint(model, training)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path, planes: list[TrainingPlane]) -> None:
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, _training(planes, width=8))
    with pytest.raises(ModelFileError, match="other network settings"):
        restore_checkpoint(file, _training(planes))


def test_a_truncated_checkpoint_is_refused(tmp_path: Path, planes: list[TrainingPlane]) -> None:
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, _training(planes))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match="truncated"):
        restore_checkpoint(file, _training(planes))
