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

MOST_ENLARGED = 3.0
"""Largest factor that images of small objects are enlarged by, where single objects are learnt."""

MOST_SHRUNK = 1 / 8
"""Smallest factor."""

VARIED = 2.0
"""Where the diameters of objects differ by more than this between images, each gets a factor of its own.

Patches are magnified by 0.75 to 1.33 while a network learns: what differs by less than that covers is found
as well without it, and the size in a new image need not be guessed.
"""

SMALLEST_OBJECT = 9
"""Objects of fewer pixels are taken for specks and tell nothing about the size of objects."""


@dataclass(frozen=True)
class ScaleChoice:
    """A working scale, and in words why.

    Attributes
    ----------
    scale, reason
        These.
    diameter
        Of typical objects, in pixels, where it was measured for learning each by itself.
    own
        Whether each image is better resized by a factor of its own.
    """

    scale: float
    reason: str
    diameter: float | None = None
    own: bool = False


def choose_working_scale(truths: Sequence[Truth]) -> ScaleChoice:
    """Return the scale that brings objects to about 30 pixels across, as far as the masks survive it.

    Masks with thin parts, such as membranes between cells, would be lost at the scale that the cells
    themselves allow: the scale is raised until they are kept. Images are never enlarged.
    """
    areas = np.concatenate([object_areas(truth) for truth in truths] or [np.empty(0, np.int64)])
    if areas.size == 0:
        return ScaleChoice(1.0, "no objects to measure: images are used at their own size")
    diameter = typical_diameter(areas)
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


def choose_object_scale(truths: Sequence[Truth]) -> ScaleChoice:
    """Return the scale that brings objects to about 30 pixels, also enlarging them, to learn each by itself.

    Where the sizes of objects differ much between the images, each is to get a factor of its own: `own`.
    """
    diameters = [size for size in (diameter_in(truth) for truth in truths) if size is not None]
    if not diameters:
        return choose_working_scale(truths)
    low, typical, high = np.percentile(diameters, [10, 50, 90])
    scale = clipped_scale(OBJECT_PIXELS / typical)
    if high / low > VARIED:
        reason = f"objects are {low:.0f} to {high:.0f} pixels across: each image is resized by its own factor"
        return ScaleChoice(scale, f"{reason}, {scale:.3g} for a typical one", float(typical), own=True)
    return ScaleChoice(
        scale, f"objects are about {typical:.0f} pixels across: resized by {scale:.3g}", float(typical)
    )


def diameter_in(truth: Truth) -> float | None:
    """Return the diameter of the typical object of a plane, in pixels; None if it holds none."""
    areas = object_areas(truth)
    return typical_diameter(areas) if areas.size else None


def clipped_scale(scale: float) -> float:
    """Return a scale within what images are resized by."""
    return float(min(MOST_ENLARGED, max(MOST_SHRUNK, scale)))


def object_areas(truth: Truth) -> NDArray[np.int64]:
    """Return the pixels of each object of a plane, specks left out."""
    objects = label(truth.classes.clip(min=0)) if truth.instances is None else truth.instances.clip(min=0)
    areas = np.bincount(objects.ravel())[1:]
    return areas[areas >= SMALLEST_OBJECT].astype(np.int64)


def typical_diameter(areas: NDArray[np.int64]) -> float:
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
