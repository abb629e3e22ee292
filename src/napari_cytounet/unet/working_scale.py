"""Choosing the scale at which a network works: small enough to be fast, large enough for the masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from napari_cytounet.images.truth import Truth
from napari_cytounet.unet.resampling import nearest_pixels, working_size

OBJECT_PIXELS = 30.0
"""Diameter in working pixels that objects are brought to."""

SURVIVAL = 0.97
"""Dice of foreground and of background that masks must keep on the way to the working scale and back."""

SMALLEST_OBJECT = 9
"""Objects of fewer pixels are taken for specks and tell nothing about the size of objects."""


@dataclass(frozen=True)
class ScaleChoice:
    """A working scale, and in words why."""

    scale: float
    reason: str


def choose_working_scale(truths: Sequence[Truth]) -> ScaleChoice:
    """Return the scale that brings objects to about 30 pixels across, as far as the masks survive it.

    Masks with thin parts, such as membranes between cells, would be lost at the scale that the cells
    themselves allow: the scale is raised until they are kept. Images are never enlarged.
    """
    areas = np.concatenate([_object_areas(truth) for truth in truths] or [np.empty(0, np.int64)])
    if areas.size == 0:
        return ScaleChoice(1.0, "no objects to measure: images are used at their own size")
    diameter = _typical_diameter(areas)
    scales = [
        scale
        for scale in (1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3)
        if scale >= OBJECT_PIXELS / diameter / 1.25
    ]
    for scale in scales:
        if _survival(truths, scale) >= SURVIVAL:
            return ScaleChoice(
                scale, f"objects are about {diameter:.0f} pixels across: resized by {scale:.3g}"
            )
    return ScaleChoice(1.0, f"objects are about {diameter:.0f} pixels across: used at their own size")


def _object_areas(truth: Truth) -> NDArray[np.int64]:
    objects = label(truth.classes.clip(min=0)) if truth.instances is None else truth.instances.clip(min=0)
    areas = np.bincount(objects.ravel())[1:]
    return areas[areas >= SMALLEST_OBJECT].astype(np.int64)


def _typical_diameter(areas: NDArray[np.int64]) -> float:
    """Return the diameter of the object that the median foreground pixel belongs to: specks weigh little."""
    areas = np.sort(areas)
    covered = np.cumsum(areas)
    median = areas[np.searchsorted(covered, covered[-1] / 2)]
    return float(np.sqrt(4 * median / np.pi))


def _survival(truths: Sequence[Truth], scale: float) -> float:
    """Return the lower of the Dice of foreground and of background after resizing there and back."""
    overlap, total = np.zeros(2), np.zeros(2)
    for truth in truths:
        foreground = truth.classes > 0
        rows, columns = (nearest_pixels(size, scale) for size in foreground.shape)
        back_rows, back_columns = (_nearest_working(size, scale) for size in foreground.shape)
        returned = foreground[np.ix_(rows, columns)][np.ix_(back_rows, back_columns)]
        both = np.count_nonzero(foreground & returned)
        sums = np.array([np.count_nonzero(foreground), np.count_nonzero(returned)])
        neither = foreground.size - sums.sum() + both
        overlap += np.array([both, neither])
        total += np.array([sums.sum(), 2 * foreground.size - sums.sum()])
    return float(np.min(2 * overlap / np.maximum(total, 1)))


def _nearest_working(size: int, scale: float) -> NDArray[np.intp]:
    centres = (np.arange(size) + 0.5) * scale
    return np.minimum(centres.astype(np.intp), working_size(size, scale) - 1)
