"""The range of intensities: nothing in the image, saturation, and images that differ from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.pixels import PlanePixels
from napari_cytounet.quality.severities import Severity

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

NO_STRUCTURE = 0.15
"""Correlation of neighbouring pixels below which a plane is nothing but noise."""

SATURATED = 0.005
"""Share of the pixels at the end of the range that is worth a word."""

LEAST_FACTOR = 1.8
"""Times by which the range of an image must at least differ from that of the median image."""

USUAL_MAXIMA = {255, 1023, 4095, 16383, 65535}
"""Ends of the ranges of cameras and files."""


@dataclass(frozen=True)
class Exposure:
    """Intensities of a plane.

    Attributes
    ----------
    low, high
        1st and 99.8th percentile.
    bits
        Of the values as they are stored; 0 for floating point.
    saturated
        Share of the pixels at the end of the range.
    saturated_objects
        The same of the foreground; that of all pixels without a mask.
    is_blank
        Whether there is one value, or noise alone.
    """

    low: float
    high: float
    bits: int
    saturated: float
    saturated_objects: float
    is_blank: bool


def measure_exposure(pixels: PlanePixels) -> Exposure:
    """Measure the intensities of a plane."""
    raw = pixels.raw
    low, high = np.percentile(pixels.grey[::2, ::2], [1, 99.8])
    top = raw.max()
    at_end = (raw == top).any(axis=0) if _is_end(raw.dtype, top) else np.zeros(raw.shape[1:], dtype=bool)
    return Exposure(
        low=float(low),
        high=float(high),
        bits=8 * raw.dtype.itemsize if raw.dtype.kind in "ui" else 0,
        saturated=float(at_end.mean()),
        saturated_objects=float(at_end[pixels.foreground].mean())
        if pixels.foreground.any()
        else float(at_end.mean()),
        is_blank=_is_blank(pixels),
    )


def judge_blanks(survey: Survey) -> Iterator[Finding]:
    """Report planes that hold nothing; in a stack, whose ends often do, as a note."""
    for digest in survey.digests:
        if digest.exposure.is_blank:
            yield found(
                "image-blank",
                f"All pixels are {digest.exposure.low:g}, but for noise.",
                digest.image_place(),
                severity=Severity.NOTE if digest.plane else None,
            )


def judge_saturation(survey: Survey) -> Iterator[Finding]:
    """Report saturated images."""
    for digest in survey.digests:
        if digest.exposure.saturated >= SATURATED and not digest.exposure.is_blank:
            yield found(
                "image-saturated",
                f"{digest.exposure.saturated:.1%} of the pixels are at the end of the range.",
                digest.image_place(),
                # A bright background at its end is harmless.
                severity=None if digest.exposure.saturated_objects >= SATURATED else Severity.NOTE,
            )


def judge_bit_depths(survey: Survey) -> Iterator[Finding]:
    """Report images that are stored with other bits than most."""
    counts = Counter(digest.exposure.bits for digest in survey.digests)
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    for digest in survey.digests:
        if digest.exposure.bits != usual:
            yield found(
                "bit-depth",
                f"Stored as {_bits(digest.exposure.bits)}, most others as {_bits(usual)}.",
                digest.image_place(),
            )


def judge_ranges(survey: Survey) -> Iterator[Finding]:
    """Report images whose range of intensities is unlike that of the others."""
    judged = [digest for digest in survey.digests if not digest.exposure.is_blank]
    if len(judged) < 4:
        return
    spreads = np.log([max(digest.exposure.high - digest.exposure.low, 1e-9) for digest in judged])
    usual = float(np.median(spreads))
    scatter = 1.4826 * float(np.median(np.abs(spreads - usual)))
    limit = max(np.log(LEAST_FACTOR), 4 * scatter)
    for digest, spread in zip(judged, spreads, strict=True):
        if abs(spread - usual) > limit:
            times = float(np.exp(abs(spread - usual)))
            exposure = digest.exposure
            yield found(
                "intensity-range",
                f"Intensities reach from {exposure.low:g} to {exposure.high:g}: {times:.1f} times "
                f"{'more' if spread > usual else 'less'} than in the median image.",
                digest.image_place(),
            )


def _is_end(dtype: np.dtype[Any], top: float) -> bool:
    """Tell whether a value is the end of a range of whole numbers."""
    return dtype.kind in "ui" and (int(top) in USUAL_MAXIMA or int(top) == np.iinfo(dtype).max)


def _is_blank(pixels: PlanePixels) -> bool:
    grey = pixels.grey
    centred = grey - grey.mean()
    variance = float(np.mean(centred**2))
    if variance <= 1e-12 * max(1.0, float(np.abs(grey).max()) ** 2):
        return True
    neighbours = (
        float(np.mean(centred[:, 1:] * centred[:, :-1])) + float(np.mean(centred[1:] * centred[:-1]))
    ) / 2
    return neighbours < NO_STRUCTURE * variance


def _bits(bits: int) -> str:
    return f"{bits} bits" if bits else "floating-point numbers"
