"""What a whole training step costs over the bare network step.

Whole: sampling, augmentation, loss, optimiser, averaging, events and history, as `Training.run` does it.
Bare: forward, loss, backward, clipping and optimiser on tensors that are already there. Both are timed in
turns in one process on synthetic cells, so that a drift of the machine's speed hits both.
"""

from __future__ import annotations

import copy
import io
import statistics
import threading
import time
from collections.abc import Iterator

import torch
from reporting import report

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.images.truth import Truth
from napari_cytounet.runs.history import History
from napari_cytounet.settings import TrainingSettings, TrainSettings
from napari_cytounet.unet.devices import available_kinds, choose_device
from napari_cytounet.unet.losses import segmentation_loss
from napari_cytounet.unet.model import build_network
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.optimisers import build_optimiser
from napari_cytounet.unet.pace import StepPace
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.training import Training

PRESETS = ("fast", "balanced", "thorough", "cytounet")
ROUNDS = 6
STEPS = 4
"""Steps timed at a stretch, of each kind."""


def main() -> None:
    """Run the benchmark on every device that is here."""
    rows = []
    for kind in available_kinds():
        for preset in PRESETS:
            whole, bare = measure(preset, kind)
            ratios = [w / b for w, b in zip(whole, bare, strict=True)]
            rows.append(
                {
                    "device": kind,
                    "preset": preset,
                    "whole ms": round(1000 * statistics.median(whole), 1),
                    "bare ms": round(1000 * statistics.median(bare), 1),
                    "ratio": round(statistics.median(ratios), 3),
                }
            )
            print(rows[-1], flush=True)
    report("step", rows, note="median of the ratios of neighbouring stretches; target at most 1.10")


def measure(preset: str, kind: str) -> tuple[list[float], list[float]]:
    """Return seconds a step, whole and bare, of each round."""
    chosen = TrainingSettings.model_validate({"preset": preset, "steps": 10_000})
    settings = TrainSettings(training=chosen).with_preset()
    device = choose_device(settings.device.model_copy(update={"device": kind}))
    card = ModelCard(channels=1, classes=("cell",), network=settings.network, thresholds=(0.5,))
    training = Training(
        build_network(card, seed=0),
        planes(),
        [],
        settings=settings,
        device=device,
        pace=StepPace(10_000, 1e-3),
    )
    steps = whole_steps(training)
    bare = bare_steps(training, settings)
    timed: tuple[list[float], list[float]] = ([], [])
    with device.threads_set():
        for _ in range(ROUNDS + 1):
            for kept, job in zip(timed, (steps, bare), strict=True):
                began = time.perf_counter()
                for _ in range(STEPS):
                    next(job)
                if kind == "cuda":
                    torch.cuda.synchronize()
                kept.append((time.perf_counter() - began) / STEPS)
    return timed[0][1:], timed[1][1:]


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
    main()
