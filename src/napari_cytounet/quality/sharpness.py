"""Whether an image is in focus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

FINE, COARSE = (1.0, 2.0), (4.0, 8.0)
"""Pixels of smoothing between which structure is fine, and coarse: defocus takes the fine and leaves the
coarse."""

LEAST_FACTOR = 2.5
"""Times by which fine structure must at least be weaker than in the median image."""

LEAST_IMAGES = 4


def measure_fineness(pixels: PlanePixels) -> float:
    """Return the power of fine structure by that of coarse structure, whatever the contrast.

    Powers are variances of differences of Gaussians, as focus measures by band-pass filters are [1]_; what
    white noise adds is known from its own measure and taken off.

    References
    ----------
    .. [1] Pertuz, Puig, Garcia: Analysis of focus measure operators for shape-from-focus. Pattern Recognition
       46, 2013.
    """
    fine, coarse = (
        np.var(np.subtract(*(ndi.gaussian_filter(pixels.grey, sigma, truncate=3) for sigma in band)))
        - pixels.noise**2 * _noise_power(*band)
        for band in (FINE, COARSE)
    )
    return float(max(fine, 1e-9) / max(coarse, 1e-9))


def judge_sharpness(survey: Survey) -> Iterator[Finding]:
    """Report images with far less fine structure than the others."""
    judged = [digest for digest in survey.digests if not digest.exposure.is_blank]
    if len(judged) < LEAST_IMAGES:
        return
    fineness = np.log([digest.fineness for digest in judged])
    usual = float(np.median(fineness))
    scatter = 1.4826 * float(np.median(np.abs(fineness - usual)))
    limit = max(np.log(LEAST_FACTOR), 4 * scatter)
    for digest, own in zip(judged, fineness, strict=True):
        if usual - own > limit:
            yield found(
                "image-blurred",
                f"Beside coarse structure, fine structure is {np.exp(usual - own):.1f} times weaker than "
                f"in the median "
                "image.",
                digest.image_place(),
            )


def _noise_power(fine: float, coarse: float) -> float:
    """Return the variance that white noise of variance 1 has after a difference of two Gaussians."""
    return 1 / (4 * np.pi * fine**2) + 1 / (4 * np.pi * coarse**2) - 1 / (np.pi * (fine**2 + coarse**2))
