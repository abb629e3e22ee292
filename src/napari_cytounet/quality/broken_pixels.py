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

LEAST = 3
"""So many of them are no chance."""


def find_broken_pixels(pixels: PlanePixels) -> NDArray[np.intp]:
    """Return rows and columns of single pixels that stand out from all their neighbours, (n, 2)."""
    return np.argwhere(
        broken_pixels(pixels.grey, max(STANDS_OUT * pixels.spread, TIMES_NOISE * pixels.noise))
    )


def broken_pixels(grey: NDArray[Any], least: float) -> NDArray[np.bool_]:
    """Tell which pixels lie above, or below, all their 8 neighbours by at least so much; bool, (Y, X)."""
    padded = np.pad(grey, 1, mode="edge")
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
