"""Whether the light is even over the field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels, block_means

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

BLOCKS = 12
"""Blocks along the shorter side whose background is compared."""

FALLS_OFF = 0.4
"""Share of the light that may be lost between the brightest and the darkest place."""

LEAST_OBJECTS = 12
"""Objects whose brightness, by their place, tells of the light where the background is dark."""

LEAST_EXPLAINED = 0.4
"""Share of the variance of their brightness that their place must explain."""

LEAST_BACKGROUND = 4.0
"""Grey values below which the background is too dark to tell."""


def measure_unevenness(pixels: PlanePixels) -> float:
    """Return by which share the light falls off over the field, 0 (even) to 1."""
    return max(background_fall_off(pixels), object_fall_off(pixels))


def object_fall_off(pixels: PlanePixels) -> float:
    """Return by which share objects grow darker over the field; 0 where other things explain it better."""
    objects = pixels.objects
    numbers = np.unique(objects)[1:]
    if len(numbers) < LEAST_OBJECTS:
        return 0.0
    background = float(np.median(pixels.grey[~pixels.foreground])) if not pixels.foreground.all() else 0.0
    brightness = np.asarray(ndi.mean(pixels.grey, objects, numbers)) - background
    if np.median(brightness) < LEAST_BACKGROUND:
        return 0.0  # darker than the background, or no brighter
    places = np.asarray(ndi.center_of_mass(objects > 0, objects, numbers)) / objects.shape
    terms = np.column_stack([np.ones(len(numbers)), places])
    values = np.log(np.maximum(brightness, 1.0))
    weights, *_ = np.linalg.lstsq(terms, values, rcond=None)
    fitted = terms @ weights
    if 1 - np.var(values - fitted) / max(float(np.var(values)), 1e-9) < LEAST_EXPLAINED:
        return 0.0
    return float(1 - np.exp(-np.ptp(fitted)))


def background_fall_off(pixels: PlanePixels) -> float:
    """Return by which share the background falls off over the field, 0 (even) to 1.

    A paraboloid is fitted to the background in blocks, twice: the second time without the blocks that lie
    farthest from the first.
    """
    factor = max(2, min(pixels.grey.shape) // BLOCKS)
    background = _background(pixels, factor)
    y, x = (
        axis[~np.isnan(background)]
        for axis in np.mgrid[-1 : 1 : background.shape[0] * 1j, -1 : 1 : background.shape[1] * 1j]
    )
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
                f"Across the field {digest.unevenness:.0%} of the brightness is lost.",
                digest.image_place(),
            )


def _background(pixels: PlanePixels, factor: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return the mean of the background in blocks; NaN where objects fill most of a block."""
    free = (~pixels.foreground).astype(np.float32)
    share = block_means(free, factor)
    sums = block_means(pixels.grey * free, factor)
    return np.where(share > 0.5, sums / np.maximum(share, 1e-6), np.nan).astype(np.float32)
