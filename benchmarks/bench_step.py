"""What a whole training step costs over the bare network step.

Whole: sampling, augmentation, loss, optimiser, averaging, events and history, as `Training.run` does it.
Bare: forward, loss, backward, clipping and optimiser on tensors that are already there. Both are timed in
turns in one process on synthetic cells, so that a drift of the machine's speed hits both.

Kinds of device are named as arguments (`bench_step.py cuda`), all that are here if none is.
"""

from __future__ import annotations

import copy
import io
import statistics
import sys
import threading
import time
from collections.abc import Iterator

import torch
from reporting import report, wait_for

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.images.truth import Truth
from napari_cytounet.runs.history import History
from napari_cytounet.settings import TrainingSettings, TrainSettings
from napari_cytounet.unet.devices import Device, available_kinds, choose_device
from napari_cytounet.unet.losses import segmentation_loss
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.optimisers import build_optimiser
from napari_cytounet.unet.pace import StepPace
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.training import Training

PRESETS = ("fast", "balanced", "thorough", "cytounet")
STEPS = 4
"""Steps timed at a stretch, of each kind."""
WARM_UP = 3
"""Stretches of each kind before the first that counts: a GPU chooses its kernels in them."""
LEAST_ROUNDS = 6
LEAST_SECONDS = 10.0
"""Rounds of two stretches are timed until both are reached: short steps need more of them."""


def main(kinds: list[str]) -> None:
    """Run the benchmark on some kinds of device, or on every one that is here."""
    for kind in kinds or available_kinds():
        rows = []
        for preset in PRESETS:
            device, whole, bare = measure(preset, kind)
            ratios = [w / b for w, b in zip(whole, bare, strict=True)]
            rows.append(
                {
                    "device": kind,
                    "mixed precision": device.precision,
                    "preset": preset,
                    "whole ms": round(1000 * statistics.median(whole), 1),
                    "bare ms": round(1000 * statistics.median(bare), 1),
                    "ratio": round(statistics.median(ratios), 3),
                }
            )
            print(rows[-1], flush=True)
        report(
            f"step-{kind}", rows, note="median of the ratios of neighbouring stretches; target at most 1.10"
        )


def measure(preset: str, kind: str) -> tuple[Device, list[float], list[float]]:
    """Return the device, and seconds a step of each round, whole and bare."""
    chosen = TrainingSettings.model_validate({"preset": preset, "steps": 100_000})
    settings = TrainSettings(training=chosen).with_preset()
    device = choose_device(settings.device.model_copy(update={"device": kind}))
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    training = Training(
        build_network(card, seed=0),
        planes(),
        [],
        settings=settings,
        device=device,
        pace=StepPace(100_000, 1e-3),
    )
    steps = whole_steps(training)
    bare = bare_steps(training, settings)
    timed: tuple[list[float], list[float]] = ([], [])
    with device.threads_set():
        for job in (steps, bare) * WARM_UP:
            stretch(job, device)
        ends = time.perf_counter() + LEAST_SECONDS
        while len(timed[0]) < LEAST_ROUNDS or time.perf_counter() < ends:
            for kept, job in zip(timed, (steps, bare), strict=True):
                kept.append(stretch(job, device))
    return device, *timed


def stretch(job: Iterator[object], device: Device) -> float:
    """Take a few steps and return the seconds of one."""
    wait_for(device)
    began = time.perf_counter()
    for _ in range(STEPS):
        next(job)
    wait_for(device)
    return (time.perf_counter() - began) / STEPS


def whole_steps(training: Training) -> Iterator[object]:
    """Take real training steps, with events and history."""
    history = History(io.StringIO())
    for event in training.run(threading.Event(), time.perf_counter()):
        history.add(event)  # type: ignore[arg-type]
        yield event


def bare_steps(training: Training, settings: TrainSettings) -> Iterator[None]:
    """Take steps of an equal network on one batch that is already there."""
    network = copy.deepcopy(training.network)
    optimiser = build_optimiser(network, settings.optimiser)
    batch = training.sampler.draw()
    image = batch.image.contiguous(memory_format=torch.channels_last)
    while True:
        with training.device.autocast():
            logits = network(image)
        loss = segmentation_loss(logits, batch.targets, batch.labelled, settings.loss)
        network.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.optimiser.gradient_clip)
        optimiser.step(settings.optimiser.learning_rate)
        yield


def planes() -> list[TrainingPlane]:
    """Return synthetic cells to learn from."""
    made = []
    for seed in range(4):
        field = make_cells("dic", shape=(512, 512), seed=seed)
        truth = Truth((field.instances > 0).astype("int16"), field.instances)
        made.append(
            training_plane(
                Image.from_array(field.image),
                (),
                truth,
                class_count=1,
                normalisation=Normalisation(),
                working_scale=1.0,
                loss=TrainSettings().loss,
            )
        )
    return made


if __name__ == "__main__":
    main(sys.argv[1:])
