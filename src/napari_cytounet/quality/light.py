"""Whether the light is even over the field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels, block_means

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

BLOCKS = 12
"""Blocks along the shorter side whose background is compared."""

FALLS_OFF = 0.4
"""Share of the light that may be lost between the brightest and the darkest place."""

LEAST_BACKGROUND = 4.0
"""Grey values below which the background is too dark to tell."""


def measure_unevenness(pixels: PlanePixels) -> float:
    """Return by which share the background falls off over the field, 0 (even) to 1.

    A paraboloid is fitted to the background in blocks, twice: the second time without the blocks that lie
    farthest from the first.
    """
    factor = max(2, min(pixels.grey.shape) // BLOCKS)
    background = _background(pixels, factor)
    y, x = (axis[~np.isnan(background)] for axis in np.mgrid[-1 : 1 : background.shape[0] * 1j, -1 : 1 : background.shape[1] * 1j])
    values = background[~np.isnan(background)]
    if len(values) < 20 or np.median(values) < LEAST_BACKGROUND:
        return 0.0
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
    kept = np.ones(len(values), dtype=bool)
    for _ in range(2):
        weights, *_ = np.linalg.lstsq(terms[kept], values[kept], rcond=None)
        off = np.abs(terms @ weights - values)
        kept = off <= max(2.5 * float(np.median(off)), 1e-6)
    light = terms[kept] @ weights
    if light.max() <= 0 or np.ptp(light) < 4 * float(np.std(light - values[kept])):
        return 0.0
    return float(np.clip(np.ptp(light) / light.max(), 0, 1))


def judge_light(survey: Survey) -> Iterator[Finding]:
    """Report uneven light."""
    for digest in survey.digests:
        if digest.unevenness >= FALLS_OFF and not digest.exposure.is_blank:
            yield found(
                "light-uneven",
                f"The background loses {digest.unevenness:.0%} of its brightness across the field.",
                digest.image_place(),
            )


def _background(pixels: PlanePixels, factor: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return the mean of the background in blocks; NaN where objects fill most of a block."""
    free = (~pixels.foreground).astype(np.float32)
    share = block_means(free, factor)
    sums = block_means(pixels.grey * free, factor)
    return np.where(share > 0.5, sums / np.maximum(share, 1e-6), np.nan).astype(np.float32)
