"""Whether an image is in focus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels, gradient_magnitude

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

FINE, COARSE = 1.0, 3.0
"""Pixels of smoothing at which the steepness of edges is compared."""

STEEP = 0.4
"""Pixels count as edges whose gradient is at least such a share of the steepest 0.2 %."""

WIDEST = 12.0
"""Pixels: edges that are wider cannot be told apart."""

WIDER = 1.7
"""An image is out of focus whose edges are so many times as wide as in the median image."""

LEAST_WIDTH = 2.0
"""Pixels up to which edges are sharp enough whatever the others are."""


def measure_edge_width(pixels: PlanePixels) -> float:
    """Return the width (standard deviation) of the edges in pixels.

    An edge blurred by b has, smoothed by s, a gradient in proportion to 1 / sqrt(b² + s²): the ratio at two
    widths of smoothing tells b, whatever the contrast [1]_. The median over the steepest pixels is taken.

    References
    ----------
    .. [1] Zhuo, Sim: Defocus map estimation from a single image. Pattern Recognition 44, 2011.
    """
    coarse = gradient_magnitude(pixels.grey, COARSE)
    fine = gradient_magnitude(pixels.grey, FINE)
    edges = coarse >= STEEP * np.quantile(coarse[::2, ::2], 0.998)
    if not edges.any() or coarse.max() == 0:
        return 0.0
    # What noise adds to the fine gradient (variance s²/(4 pi sigma^4) in two directions) is taken off.
    noise = pixels.noise**2 / (4 * np.pi * FINE**4)
    ratio = float(np.median(np.maximum(fine[edges] ** 2 - noise, 0) / coarse[edges] ** 2))
    if ratio <= 1.0:
        return WIDEST
    return float(min(WIDEST, np.sqrt(max(COARSE**2 - ratio * FINE**2, 0) / (ratio - 1))))


def judge_sharpness(survey: Survey) -> Iterator[Finding]:
    """Report images whose edges are wider than in the others."""
    widths = np.array([digest.edge_width for digest in survey.digests])
    if len(widths) < 4:
        return
    usual = float(np.median(widths))
    scatter = 1.4826 * float(np.median(np.abs(np.log(np.maximum(widths, 0.3)) - np.log(max(usual, 0.3)))))
    limit = max(LEAST_WIDTH, usual * max(WIDER, float(np.exp(4 * scatter))))
    for digest in survey.digests:
        if digest.edge_width > limit and not digest.exposure.is_blank:
            yield found(
                "image-blurred",
                f"Edges are {digest.edge_width:.1f} pixels wide, in the median image {usual:.1f}.",
                digest.image_place(),
            )
