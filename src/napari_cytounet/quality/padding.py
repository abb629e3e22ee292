"""Padding around an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Box, Finding, found
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

LEAST_WIDTH = 3
"""Rows or columns of one value that are taken for padding."""

OTHERWISE_RARE = 0.05
"""Share of the other pixels that may have the same value: dark backgrounds have many."""


def find_content(pixels: PlanePixels) -> Box | None:
    """Return the box inside the padding; None if there is none."""
    grey = pixels.grey
    height, width = grey.shape
    for value in {float(grey[0, 0]), float(grey[-1, -1])}:
        same = grey == value
        top, bottom = _run(same.all(axis=1))
        left, right = _run(same.all(axis=0))
        if max(top, bottom, left, right) < LEAST_WIDTH or top == height:
            continue
        box = (top, left, height - bottom, width - right)
        if same[top : height - bottom, left : width - right].mean() <= OTHERWISE_RARE:
            return box
    return None


def judge_padding(survey: Survey) -> Iterator[Finding]:
    """Report padded images."""
    for digest in survey.digests:
        if digest.content is not None:
            top, left, bottom, right = digest.content
            height, width = digest.shape
            yield found(
                "image-padded",
                f"A rim of one value surrounds the image: {top} rows above, {height - bottom} below, "
                f"{left} columns "
                f"at the left, {width - right} at the right.",
                digest.image_place(digest.content),
                others=digest.mask_files(),
            )


def _run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many flags are set at the beginning and at the end."""
    if flags.all():
        return len(flags), len(flags)
    return int(np.argmin(flags)), int(np.argmin(flags[::-1]))
