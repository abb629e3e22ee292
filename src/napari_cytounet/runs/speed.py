"""How long a training step takes here, measured with the training itself on an image of noise."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass

import torch

from napari_cytounet.errors import Cancelled
from napari_cytounet.events import BatchDone, Event, Progress
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.pace import StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.training import Training

WARM_UP_STEPS = 2
MEASURED_SECONDS = 2.0
FEWEST_STEPS = 3
SIDE = 512


@dataclass(frozen=True)
class StepSpeed:
    """How long a step takes, and where."""

    seconds_per_step: float
    device: str

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return asdict(self)


def timing(
    settings: TrainSettings, *, cancel: threading.Event | None = None
) -> Generator[Event, None, StepSpeed]:
    """Measure the seconds of a step, in a few seconds.

    Parameters
    ----------
    settings
        Of the training; unset fields follow the preset.
    cancel
        Set it to stop.

    Raises
    ------
    Cancelled
        If it was stopped.
    """
    cancel = cancel or threading.Event()
    settings = settings.with_preset()
    device = choose_device(settings.device)
    card = ModelCard(channels=1, classes=("noise",), network=settings.network, thresholds=(0.5,))
    training = Training(
        build_network(card, settings.training.seed),
        [_noise()],
        [],
        settings=settings,
        device=device,
        pace=StepPace(10**6, settings.optimiser.learning_rate),
    )
    began = 0.0
    with device.threads_set():
        for event in training.run(cancel, time.perf_counter()):
            if not isinstance(event, BatchDone):
                continue
            if event.step == WARM_UP_STEPS:
                began = event.seconds
            if event.step < WARM_UP_STEPS + FEWEST_STEPS:
                continue
            elapsed = event.seconds - began
            yield Progress("seconds measured", min(elapsed, MEASURED_SECONDS), MEASURED_SECONDS)
            if elapsed >= MEASURED_SECONDS:
                return StepSpeed(elapsed / (event.step - WARM_UP_STEPS), device.name)
    raise Cancelled("Stopped before the speed was known.")


def _noise() -> TrainingPlane:
    noise = torch.rand(1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    return TrainingPlane("noise", noise, (noise > 0.5).float(), torch.ones(SIDE, SIDE, dtype=torch.bool))
