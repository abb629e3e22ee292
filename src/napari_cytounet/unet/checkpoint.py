"""Saving a training in the middle, and going on from there as if nothing had happened."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from napari_cytounet.errors import ModelFileError
from napari_cytounet.unet.model import read_tensors, write_tensors
from napari_cytounet.unet.training import Best, Training
from napari_cytounet.unet.validation import ValidationScore

HEADER = "napari-cytounet checkpoint"


def save_checkpoint(path: Path, training: Training) -> None:
    """Write everything that the training needs to go on, as one safetensors file, atomically."""
    best = training.best
    tensors = _named("network", training.network.state_dict()) | _named(
        "averaged", training.averaged.state_dict()
    )
    for number, state in training.optimiser.state_dict()["state"].items():
        tensors |= _named(f"optimiser/{number}", {n: v for n, v in state.items() if isinstance(v, Tensor)})
    if best is not None:
        tensors |= _named("best", best.weights)
    state = {
        "step": training.step,
        "seconds": training.seconds,
        "skipped": training.skipped,
        "batch_size": training.sampler.batch_size,
        "sampler": training.sampler.state(),
        "best": best
        and {
            "step": best.step,
            "dice": None if math.isnan(best.score.dice) else best.score.dice,
            "thresholds": best.score.thresholds,
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
    _restore_optimiser(training, tensors)
    training.step, training.seconds, training.skipped = state["step"], state["seconds"], state["skipped"]
    training.sampler.batch_size = state["batch_size"]
    training.sampler.restore(state["sampler"])
    if state["best"] is not None:
        dice = state["best"]["dice"]
        score = ValidationScore(math.nan if dice is None else dice, tuple(state["best"]["thresholds"]))
        training.best = Best(score, _below("best", tensors), state["best"]["step"])


def _restore_optimiser(training: Training, tensors: dict[str, Tensor]) -> None:
    """Fill the optimiser's memory, each tensor laid out in memory as its weight is."""
    optimiser = training.optimiser
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for number, weight in enumerate(weights):
        for name, values in _below(f"optimiser/{number}", tensors).items():
            kept = values if values.ndim == 0 else torch.empty_like(weight).copy_(values)
            optimiser.state[weight][name] = kept


def _named(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": values for name, values in tensors.items()}


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    beginning = prefix + "/"
    return {
        name.removeprefix(beginning): values for name, values in tensors.items() if name.startswith(beginning)
    }
