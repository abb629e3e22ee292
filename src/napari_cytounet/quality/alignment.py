"""Whether the mask lies on the image: registration of the outlines in the mask on the edges in the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels, block_means

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

LONGEST_SIDE = 400
"""Pixels of the longer side at which image and mask are registered."""

FARTHEST = 0.2
"""Share of the shorter side up to which a shift is looked for."""

LEAST_CORRELATION = 0.12
BETTER = 1.25
"""The outlines must correlate so well with edges at the shifted place, and so many times better than here."""

LEAST_AREA = 200
"""Pixels of foreground below which nothing is concluded."""

LEAST_SHIFT = 3.0
"""Pixels: drawing by hand is no more exact."""


@dataclass(frozen=True)
class Alignment:
    """Where the mask fits best.

    Attributes
    ----------
    shift
        Rows and columns by which the mask must be moved to fit, in pixels.
    there, here
        Correlation of outlines and edges at that place, and without moving.
    confirmed
        Whether the areas of the mask, not only its outlines, fit better there too.
    """

    shift: tuple[int, int]
    there: float
    here: float
    confirmed: bool

    @property
    def distance(self) -> float:
        """Length of the shift in pixels."""
        return float(np.hypot(*self.shift))


def measure_alignment(pixels: PlanePixels) -> Alignment | None:
    """Register a mask on its image; None where the mask has no outline."""
    foreground = pixels.foreground
    if np.count_nonzero(foreground) < LEAST_AREA or foreground.all() or min(foreground.shape) < 32:
        return None
    factor = max(1, -(-max(foreground.shape) // LONGEST_SIDE))
    gradient = block_means(pixels.gradient, factor)
    edges = np.log1p(gradient / (np.median(gradient) + 1e-9))  # so that a few bright edges do not decide
    areas = block_means(foreground, factor)
    outlines = _outlines(pixels, factor)
    reach = max(3, int(FARTHEST * min(areas.shape)))
    near = _around_zero(_correlation(edges, outlines), reach)
    at = np.unravel_index(int(near.argmax()), near.shape)
    here = float(near[reach - 1 : reach + 2, reach - 1 : reach + 2].max())
    texture = ndi.gaussian_filter(edges, 3)
    grey = block_means(pixels.grey, factor)
    grey -= ndi.uniform_filter(grey, min(grey.shape) // 4)
    return Alignment(
        shift=(int(at[0] - reach) * factor, int(at[1] - reach) * factor),
        there=float(near[at]),
        here=here,
        confirmed=any(
            _fits_better(_around_zero(_correlation(image, areas), reach), at) for image in (texture, grey)
        ),
    )


def judge_alignment(survey: Survey) -> Iterator[Finding]:
    """Report masks that fit better elsewhere."""
    for digest in survey.digests:
        aligned = digest.alignment
        if aligned is None or not aligned.confirmed or digest.objects is None or digest.exposure.is_blank:
            continue
        least = max(LEAST_SHIFT, 0.1 * digest.objects.median_diameter)
        better = aligned.there >= max(LEAST_CORRELATION, BETTER * aligned.here)
        if aligned.distance >= least and better:
            rows, columns = aligned.shift
            times = aligned.there / max(aligned.here, 0.01)
            yield found(
                "pair-shifted",
                f"The outlines in the mask fit the edges of the image {times:.1f} times better when the mask "
                f"is moved by {rows:+d} rows and {columns:+d} columns.",
                digest.mask_place(),
                others=(digest.file.image,),
                shift=aligned.shift,
            )


def _outlines(pixels: PlanePixels, factor: int) -> NDArray[np.float32]:
    """Return the outlines of all classes, blurred; those of one within another too, as of nuclei in cells."""
    classes = pixels.foreground.astype(np.int16) if pixels.truth is None else pixels.truth.classes
    blurred = [
        ndi.gaussian_gradient_magnitude(block_means(classes == number, factor), 1.0)
        for number in range(1, int(classes.max()) + 1)
    ]
    outlines: NDArray[np.float32] = np.sum(blurred, axis=0)
    return outlines


def _correlation(image: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the correlation coefficient for every cyclic shift of the mask."""
    image, mask = (
        (values - values.mean()) / (values.std() + 1e-9)
        for values in (image.astype(np.float32), mask.astype(np.float32))
    )
    product = scipy.fft.rfft2(image) * np.conj(scipy.fft.rfft2(mask))
    correlation: NDArray[np.float64] = scipy.fft.irfft2(product, s=image.shape) / image.size
    return correlation


def _around_zero(correlation: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    return np.roll(correlation, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]


def _fits_better(near: NDArray[np.float64], at: tuple[np.intp, ...]) -> bool:
    """Tell whether areas, bright or dark ones, fit best close to a place and worse without moving."""
    reach = len(near) // 2
    for signed in (near, -near):
        best = np.unravel_index(int(signed.argmax()), near.shape)
        apart = np.hypot(best[0] - at[0], best[1] - at[1])
        moved = np.hypot(at[0] - reach, at[1] - reach)
        if signed[best] > 0.2 and apart <= max(2, moved / 3) and signed[best] > 1.02 * signed[reach, reach]:
            return True
    return False
