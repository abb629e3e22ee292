"""Small planes to learn from, and a network that has learnt a little."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
import torch

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import (
    DeviceSettings,
    LossSettings,
    NetworkSettings,
    OptimiserSettings,
    TrainingSettings,
    TrainSettings,
)
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import Model, build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.pace import StepPace
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.training import Training

NETWORK = NetworkSettings(base_width=4, depth=3)
QUICK = TrainSettings(
    training=TrainingSettings(steps=12, batch_size=4, patch_size=32),
    network=NetworkSettings(base_width=4, depth=2),
    device=DeviceSettings(device="cpu", threads=1),
)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute with one thread: tiny networks gain nothing from more."""
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(former)


def _plane(seed: int, working_scale: float) -> TrainingPlane:
    field = make_cells("fluorescence", shape=(160, 160), count=7, seed=seed)
    truth = Truth((field.instances > 0).astype("int16"), field.instances)
    return training_plane(
        Image.from_array(field.image, "YX", name=f"field {seed}"),
        (),
        truth,
        class_count=1,
        normalisation=Normalisation(),
        working_scale=working_scale,
        loss=LossSettings(),
    )


@pytest.fixture(scope="session")
def planes() -> list[TrainingPlane]:
    """Three planes of 80 x 80 working pixels."""
    return [_plane(seed, 0.5) for seed in range(3)]


def _train_quickly(
    planes: Sequence[TrainingPlane], settings: TrainSettings, validation: Sequence[TrainingPlane] = ()
) -> Training:
    """Return a finished training of a new network."""
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    training = Training(
        build_network(card, settings.training.seed),
        planes,
        validation,
        settings=settings,
        device=choose_device(settings.device),
        pace=StepPace(settings.training.steps or 1, settings.optimiser.learning_rate),
    )
    for _ in training.run(threading.Event(), time.perf_counter()):
        pass
    return training


@pytest.fixture(scope="session")
def trained() -> Model:
    """A model that has learnt synthetic cells a little, at their own size."""
    settings = QUICK.model_copy(
        update={
            "training": TrainingSettings(steps=120, batch_size=4, patch_size=64),
            "optimiser": OptimiserSettings(learning_rate=0.01),
            "network": NETWORK,
        }
    )
    training = _train_quickly([_plane(seed, 1.0) for seed in range(3)], settings)
    card = ModelCard(channels=1, classes=("cell",), network=NETWORK, thresholds=(0.5,))
    return Model(training.averaged.eval(), card)
