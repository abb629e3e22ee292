"""Dead and hot pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

STANDS_OUT = 0.2
"""Share of the range of intensities by which a pixel must differ from all its neighbours: optics spread the
light of anything real over several pixels."""

TIMES_NOISE = 8.0

_RING = np.pad(np.zeros((3, 3), bool), 1, constant_values=True)

LEAST = 3
"""So many of them are no chance."""


def find_broken_pixels(pixels: PlanePixels) -> NDArray[np.intp]:
    """Return rows and columns of single pixels that stand out from all their neighbours, (n, 2)."""
    return np.argwhere(
        broken_pixels(pixels.grey, max(STANDS_OUT * pixels.spread, TIMES_NOISE * pixels.noise))
    )


def broken_pixels(grey: NDArray[Any], least: float) -> NDArray[np.bool_]:
    """Tell which pixels lie above, or below, all their 8 neighbours by at least so much; bool, (Y, X).

    The peak of something real stands on a slope: its neighbours stand out from what is around them too. So
    such pixels are left out as stand out less from their neighbours than these do from the ring around them.
    """
    padded = np.pad(grey, 1, mode="reflect")
    height, width = grey.shape
    highest = np.full(grey.shape, -np.inf, np.float32)
    lowest = np.full(grey.shape, np.inf, np.float32)
    for row in range(3):
        for column in range(3):
            if (row, column) != (1, 1):
                neighbour = padded[row : row + height, column : column + width]
                np.maximum(highest, neighbour, out=highest)
                np.minimum(lowest, neighbour, out=lowest)
    broken: NDArray[np.bool_] = (grey - highest > least) | (lowest - grey > least)
    framed = np.pad(grey, 2, mode="reflect")
    for row, column in np.argwhere(broken):
        around = float(np.median(framed[row : row + 5, column : column + 5][_RING]))
        value, high, low = (float(part[row, column]) for part in (grey, highest, lowest))
        slope, step = (high - around, value - high) if value > high else (around - low, low - value)
        broken[row, column] = step > slope
    return broken


def judge_broken_pixels(survey: Survey) -> Iterator[Finding]:
    """Report images with several broken pixels."""
    for digest in survey.digests:
        if digest.broken_pixels >= LEAST and not digest.exposure.is_blank:
            yield found(
                "pixels-broken",
                f"{digest.broken_pixels} single pixels stand out from all their neighbours.",
                digest.image_place(),
            )
