"""Saving a training in the middle, and going on from there as if nothing had happened."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from napari_cytounet.errors import ModelFileError
from napari_cytounet.unet.model import read_tensors, write_tensors
from napari_cytounet.unet.object_calibration import UNCALIBRATED, ObjectThresholds
from napari_cytounet.unet.optimisers import restore_memory
from napari_cytounet.unet.training import Best, Training
from napari_cytounet.unet.validation import PlaneScore, ValidationScore

HEADER = "napari-cytounet checkpoint"


def save_checkpoint(path: Path, training: Training) -> None:
    """Write everything that the training needs to go on, as one safetensors file, atomically."""
    best = training.best
    tensors = _named("network", training.network.state_dict()) | _named(
        "averaged", training.averaged.state_dict()
    )
    tensors |= _named("optimiser", training.optimiser.memory())
    if best is not None:
        tensors |= _named("best", best.weights)
    state = {
        "step": training.step,
        "seconds": training.seconds,
        "began": training.began,
        "skipped": training.skipped,
        "batch_size": training.sampler.batch_size,
        "sampler": training.sampler.state(),
        "best": best
        and {
            "step": best.step,
            "dice": best.score.known_dice,
            "thresholds": best.score.thresholds,
            "objects": best.score.objects,
            "object_thresholds": best.score.object_thresholds,
            "planes": [asdict(plane) for plane in best.score.planes],
            "curves": best.score.curves,
        },
    }
    write_tensors(path, tensors, {HEADER: json.dumps(state)})


def restore_checkpoint(path: Path, training: Training) -> None:
    """Bring a new training, built with the same settings and data, to where a checkpoint stands.

    Raises
    ------
    ModelFileError
        If the file cannot be read or is no checkpoint of a training like this.
    """
    tensors, header = read_tensors(path)
    if HEADER not in header:
        raise ModelFileError(f"{path} is not a checkpoint of a training.")
    state: dict[str, Any] = json.loads(header[HEADER])
    try:
        training.network.load_state_dict(_below("network", tensors))
        training.averaged.load_state_dict(_below("averaged", tensors))
    except RuntimeError as error:
        raise ModelFileError(
            f"{path} was made with other network settings than its run has now. Begin a new run."
        ) from error
    restore_memory(training.optimiser, _below("optimiser", tensors))
    training.step, training.skipped = state["step"], state["skipped"]
    training.seconds, training.began = state["seconds"], state["began"]
    training.sampler.batch_size = state["batch_size"]
    training.sampler.restore(state["sampler"])
    if state["best"] is not None:
        training.best = Best(_score(state["best"]), _below("best", tensors), state["best"]["step"])


def _score(best: dict[str, Any]) -> ValidationScore:
    """Return the score in a checkpoint; those of the first versions know less."""
    planes = [
        PlaneScore(plane["name"], plane["source"], tuple(map(tuple, plane["counts"])))
        for plane in best.get("planes", [])
    ]
    return ValidationScore(
        math.nan if best["dice"] is None else best["dice"],
        tuple(best["thresholds"]),
        best.get("objects"),
        ObjectThresholds(*best.get("object_thresholds", UNCALIBRATED)),
        planes=tuple(planes),
        curves=tuple(map(tuple, best.get("curves", []))),
    )


def _named(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": values for name, values in tensors.items()}


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    beginning = prefix + "/"
    return {
        name.removeprefix(beginning): values for name, values in tensors.items() if name.startswith(beginning)
    }
