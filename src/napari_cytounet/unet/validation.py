"""Scoring a network on the planes kept back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.images.tiles import cut_axis
from napari_cytounet.images.truth import UNLABELLED
from napari_cytounet.segmentation.calibration import Calibration
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.inference import Interval, ReadBox, for_inference, predict_box
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.object_calibration import UNCALIBRATED, ObjectCalibration, ObjectThresholds
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.resampling import axis_resampling

TILE = 1024
"""Least length of a tile that is scored at once, in working pixels."""

SMALLER_TILE = 256
"""The same where memory is short."""

HALO = 32
"""Working pixels around it: seams are off by less than 0.01 in probability, too little for a score."""


CURVE_STEPS = 64
"""Thresholds from 0 to 1 at which the Dice is kept, to be looked at."""


@dataclass(frozen=True)
class PlaneScore:
    """What was right and wrong in one plane.

    Attributes
    ----------
    name, source
        Of the plane, and of the image that it belongs to.
    counts
        For each class the true positives, false positives, false negatives and true negatives at its
        threshold, in pixels of the working scale.
    """

    name: str
    source: str
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ValidationScore:
    """How well a network does on what was kept back.

    Attributes
    ----------
    dice
        Mean over the classes of Dice, pooled over all labelled pixels, each at its best threshold; NaN where
        nothing was kept back.
    thresholds
        These thresholds.
    objects
        Mean average precision of the objects that the instance head tells apart, at its best thresholds;
        None without a head, or where no object is known.
    object_thresholds
        These thresholds.
    planes
        Each plane that is labelled, at the thresholds of the classes.
    curves
        Dice of each class at `CURVE_STEPS` + 1 evenly spaced thresholds from 0 to 1.
    """

    dice: float
    thresholds: tuple[float, ...]
    objects: float | None = None
    object_thresholds: ObjectThresholds = UNCALIBRATED
    planes: tuple[PlaneScore, ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()

    @property
    def quality(self) -> float:
        """What the best weights are chosen by: objects where they are told apart, else the Dice."""
        return self.dice if self.objects is None else self.objects

    @property
    def known_dice(self) -> float | None:
        """The Dice, None where nothing was kept back."""
        return None if math.isnan(self.dice) else self.dice


def validate(
    network: UNet, planes: Sequence[TrainingPlane], device: Device, *, tile: int = TILE
) -> ValidationScore:
    """Score a network on labelled planes at the working scale, tile by tile."""
    ready = for_inference(network, device)
    total, objects = Calibration(network.classes), ObjectCalibration()
    of_planes = []
    for plane in planes:
        calibration = Calibration(network.classes)
        classes = plane.classes
        top, left = _first_labelled(classes, network.stride)
        labels = classes[top:, left:]
        read = plane_reader(plane)
        for rows in cut_axis(labels.shape[0], tile, network.stride):
            for columns in cut_axis(labels.shape[1], tile, network.stride):
                truth = labels[slice(*rows), slice(*columns)]
                if bool((truth != UNLABELLED).any()):
                    box = _shifted(rows, top), _shifted(columns, left)
                    predicted = predict_box(ready, read, *box, halo=HALO, device=device)
                    channels = predicted.cpu().numpy()
                    likely = channels[: network.classes]
                    calibration.update(likely, truth.numpy())
                    if network.boundaries and plane.objects is not None:
                        known = plane.objects.instances[top:, left:][slice(*rows), slice(*columns)]
                        objects.update(likely.max(axis=0), channels[-1], known.numpy())
        total.add(calibration)
        if bool(plane.labelled.any()):
            of_planes.append((plane, calibration))
    # A class that is neither there nor predicted has no Dice (NaN) and counts for nothing.
    dice = [value for value in total.dice() if not math.isnan(value)]
    thresholds = total.thresholds()
    tells_objects = network.boundaries and any(plane.objects is not None for plane in planes)
    chosen, precision = objects.best() if tells_objects else (UNCALIBRATED, None)
    return ValidationScore(
        sum(dice) / len(dice) if dice else 0.0,
        thresholds,
        precision,
        chosen,
        planes=tuple(
            PlaneScore(plane.name, plane.source, _as_tuples(calibration.counts_at(thresholds)))
            for plane, calibration in of_planes
        ),
        curves=_as_tuples(total.curves(CURVE_STEPS)),
    )


def plane_reader(plane: TrainingPlane) -> ReadBox:
    """Return what gives the pixels of a plane, mirrored beyond its edges."""
    pixels = plane.pixels

    def read(rows: Interval, columns: Interval) -> Tensor:
        down = axis_resampling(pixels.shape[1], 1.0, *rows)
        across = axis_resampling(pixels.shape[2], 1.0, *columns)
        return across.apply(down.apply(pixels[:, down.source, across.source], 1), 2)

    return read


def _first_labelled(classes: Tensor, stride: int) -> tuple[int, int]:
    """Return the corner where labels begin, on a multiple of the stride: it may be a strip at an edge."""
    labelled = classes != UNLABELLED
    row, column = (int(torch.argmax(labelled.any(dim=dim).int())) for dim in (1, 0))
    return row - row % stride, column - column % stride


def _shifted(interval: Interval, by: int) -> Interval:
    return interval[0] + by, interval[1] + by


def _as_tuples(table: NDArray[Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, table.tolist()))
