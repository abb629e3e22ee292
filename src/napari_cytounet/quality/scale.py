"""Pixel sizes and magnifications that differ within a set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.quality.findings import Finding, Place, found

if TYPE_CHECKING:
    from napari_cytounet.quality.inputs import CheckedFile
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
    """Report images whose objects are larger or smaller than in the others.

    All planes of a file have one magnification: objects that they cut at other heights differ for that alone.
    """
    diameters: dict[CheckedFile, list[float]] = {}
    for digest in survey.digests:
        if digest.objects is not None and len(digest.objects.areas) >= LEAST_OBJECTS:
            diameters.setdefault(digest.file, []).append(digest.objects.inner_diameter)
    if len(diameters) < 4:
        return
    files = list(diameters)
    sizes = np.log([np.median(of_file) for of_file in diameters.values()])
    for number, (file, size) in enumerate(zip(files, sizes, strict=True)):
        others = np.delete(sizes, number)
        usual = float(np.median(others))
        scatter = 1.4826 * float(np.median(np.abs(others - usual)))
        if abs(size - usual) > max(np.log(LEAST_FACTOR), TIMES_SCATTER * scatter):
            yield found(
                "magnification",
                f"The median object is {np.exp(size):.0f} pixels wide, in the median image "
                f"{np.exp(usual):.0f}.",
                Place(file.image),
                others=() if file.mask is None else (file.mask,),
            )
