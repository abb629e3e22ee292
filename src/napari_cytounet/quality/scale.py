"""Pixel sizes and magnifications that differ within a set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.quality.findings import Finding, found

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

SAME_PIXEL_SIZE = 0.02
"""Share by which pixel sizes may differ: metadata are rounded."""

LEAST_FACTOR = 1.35
"""Times by which objects must at least be larger or smaller than in the median image."""

TIMES_SCATTER = 3.0
"""Times by which it must exceed the scatter of the others."""

LEAST_OBJECTS = 3


def judge_pixel_sizes(survey: Survey) -> Iterator[Finding]:
    """Report images whose metadata give another pixel size than most."""
    known = [digest for digest in survey.first_planes if digest.pixel_size is not None]
    if not known:
        return
    usual = float(np.median([digest.pixel_size for digest in known if digest.pixel_size is not None]))
    for digest in known:
        size = digest.pixel_size or usual
        if abs(size / usual - 1) > SAME_PIXEL_SIZE:
            yield found(
                "pixel-size",
                f"The file says {size:.4g} micrometres a pixel, most others {usual:.4g}.",
                digest.image_place(),
            )


def judge_magnifications(survey: Survey) -> Iterator[Finding]:
    """Report images whose objects are larger or smaller than in the others."""
    judged = [
        (digest, digest.objects.inner_diameter)
        for digest in survey.digests
        if digest.objects is not None and len(digest.objects.areas) >= LEAST_OBJECTS
    ]
    if len(judged) < 4:
        return
    sizes = np.log([diameter for _, diameter in judged])
    for place, ((digest, diameter), size) in enumerate(zip(judged, sizes, strict=True)):
        others = np.delete(sizes, place)
        usual = float(np.median(others))
        scatter = 1.4826 * float(np.median(np.abs(others - usual)))
        if abs(size - usual) > max(np.log(LEAST_FACTOR), TIMES_SCATTER * scatter):
            yield found(
                "magnification",
                f"The median object is {diameter:.0f} pixels wide, in the median image {np.exp(usual):.0f}.",
                digest.image_place(),
                others=digest.mask_files(),
            )
