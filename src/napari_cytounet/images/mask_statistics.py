"""What the masks of a folder hold, counted plane by plane so that only the counts stay in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.mask_pieces import measure_pieces, refuse_photograph
from napari_cytounet.images.mask_values import MaskPlane, describe, read_mask_plane
from napari_cytounet.images.outlines import enclosed_area, lines_are_thin
from napari_cytounet.settings import MaskKind, MaskSettings

if TYPE_CHECKING:
    from napari_cytounet.images.image import Image

MOST_VALUES = 255
"""Different values that are remembered of a folder; a folder that holds more has no classes."""


@dataclass
class MaskStatistics:
    """Counts over all labelled planes of a folder of masks.

    Attributes
    ----------
    values
        The different numbers besides 0 and the ignore value, and how many pixels hold each; no more than the
        first `MOST_VALUES` + 1 of them.
    one_value_each
        Whether no single plane holds more than one value besides 0.
    foreground, background
        Labelled pixels, after inversion.
    labels, whole_labels
        Values summed over planes, and those of them that lie in one piece: at least nine tenths of their
        pixels are connected. Counted in planes of several values, and if the user says instances.
    planes, ring_planes
        Planes with foreground, and those of them that are thin closed rings: lines that enclose at least as
        many pixels as they cover.
    enclosed
        Pixels that closed lines enclose, summed over planes. Only counted for thin lines, and if the user
        says that the masks are outlines.
    """

    values: Counter[int] = field(default_factory=Counter)
    one_value_each: bool = True
    foreground: int = 0
    background: int = 0
    labels: int = 0
    whole_labels: int = 0
    planes: int = 0
    ring_planes: int = 0
    enclosed: int = 0


def gather_statistics(masks: Iterable[Image], settings: MaskSettings) -> MaskStatistics:
    """Count what a folder of masks holds.

    Raises
    ------
    MaskError
        If a file holds something else than labels: a photograph, a mask spoilt by JPEG compression, NaN,
        negative or broken numbers.
    """
    statistics = MaskStatistics()
    for mask in masks:
        for index in mask.planes:
            plane = read_mask_plane(
                mask, index, ignore_value=settings.ignore_value, empty_planes=settings.empty_planes
            )
            if plane is not None:
                _add(statistics, plane, settings, describe(mask, index))
    return statistics


def _add(statistics: MaskStatistics, plane: MaskPlane, settings: MaskSettings, described: str) -> None:
    values, counts = _count_values(plane.values[plane.labelled])
    for value, pixels in zip(values.tolist(), counts.tolist(), strict=True):
        if value in statistics.values or (value != 0 and len(statistics.values) <= MOST_VALUES):
            statistics.values[value] += pixels
    several_values = np.count_nonzero(values) > 1
    statistics.one_value_each &= not several_values

    if several_values or settings.masks is MaskKind.INSTANCES:
        pieces = measure_pieces(np.where(plane.labelled, plane.values, 0))
        refuse_photograph(plane, pieces, described)
        statistics.labels += pieces.labels
        statistics.whole_labels += pieces.whole_labels

    foreground = plane.foreground(settings.invert)
    count = int(np.count_nonzero(foreground))
    statistics.foreground += count
    statistics.background += int(np.count_nonzero(plane.labelled)) - count
    if count:
        thin = lines_are_thin(foreground)
        enclosed = enclosed_area(foreground) if thin or settings.masks is MaskKind.OUTLINES else 0
        statistics.planes += 1
        statistics.ring_planes += thin and enclosed >= count
        statistics.enclosed += enclosed


def _count_values(pixels: NDArray[np.integer[Any]]) -> tuple[NDArray[np.integer[Any]], NDArray[np.intp]]:
    """Return the different values and how many pixels hold each."""
    if pixels.dtype != np.uint8:
        return np.unique(pixels, return_counts=True)
    counts = np.bincount(pixels)  # most masks are of 8 bits, and sorting them takes several times as long
    values = np.flatnonzero(counts)
    return values, counts[values]
