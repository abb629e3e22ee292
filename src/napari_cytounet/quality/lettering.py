"""Text that is burnt into an image or a mask: a row of pieces of one height on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Box, Finding, found
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

LEAST_LETTERS = 6
"""Cells in a row are rarely as many, as even and as close."""

STROKE = 0.17
"""Of a letter's height: half the width of its strokes at most."""

LEAST_HEIGHT, TALLEST = 5, 0.08
"""Of a letter: pixels, and share of the image's height."""


def find_text(ink: NDArray[np.bool_]) -> Box | None:
    """Return the box around a line of letters, None if there is none.

    Parameters
    ----------
    ink
        What letters would be drawn with, bool, (Y, X).
    """
    labels, count = ndi.label(ink, structure=np.ones((3, 3)))
    if count < LEAST_LETTERS:
        return None
    boxes = np.array(
        [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndi.find_objects(labels)]
    )
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    tall = (heights >= LEAST_HEIGHT) & (heights <= max(TALLEST * len(ink), 12))
    candidates = tall & (widths <= 1.3 * heights)
    if np.count_nonzero(candidates) < LEAST_LETTERS:
        return None
    depths = np.zeros(count + 1)
    np.maximum.at(depths, labels.ravel(), ndi.distance_transform_edt(ink).ravel())
    letters = boxes[candidates & (depths[1:] <= np.maximum(1.5, STROKE * heights))]
    for first in letters[np.argsort(letters[:, 1])]:
        line = _line(first, letters)
        if len(line) >= LEAST_LETTERS:
            return (*line[:, :2].min(axis=0).tolist(), *line[:, 2:].max(axis=0).tolist())
    return None


def image_text(pixels: PlanePixels) -> Box | None:
    """Look for letters in the lightest, and in the darkest, value of an image."""
    grey = pixels.grey
    low, high = float(grey.min()), float(grey.max())
    if high - low < 8 * pixels.noise:
        return None
    for value in (high, low):
        ink = np.abs(grey - value) <= 0.02 * (high - low)
        if ink.mean() < 0.05:
            box = find_text(ink)
            if box is not None:
                return box
    return None


def mask_text(pixels: PlanePixels) -> Box | None:
    """Look for letters in the foreground, and in the object that lies in the most pieces."""
    box = find_text(pixels.foreground)
    if box is not None or pixels.truth is None or pixels.truth.instances is None:
        return box
    pieces, count = ndi.label(pixels.objects > 0, structure=np.ones((3, 3)))
    owners = ndi.maximum(pixels.objects, pieces, np.arange(1, count + 1))
    numbers, times = np.unique(np.asarray(owners, dtype=np.int64), return_counts=True)
    if not len(numbers) or times.max() < LEAST_LETTERS:
        return None
    return find_text(pixels.objects == numbers[times.argmax()])


def judge_text(survey: Survey) -> Iterator[Finding]:
    """Report text in images and masks."""
    for digest in survey.digests:
        if digest.image_text is not None or digest.has_coloured_mark:
            what = "Pieces of one height stand in a line" if digest.image_text else "A small part is coloured"
            yield found(
                "image-text",
                f"{what}, as the letters of a time stamp or a scale bar do.",
                digest.image_place(digest.image_text),
            )
        if digest.mask_text is not None:
            yield found(
                "mask-text",
                "Pieces of one height stand in a line, as the letters of a time stamp do.",
                digest.mask_place(digest.mask_text),
                others=(digest.file.image,),
            )


def _line(first: NDArray[np.intp], letters: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the letters that follow one on its line, each at most one and a half heights from the last."""
    height = first[2] - first[0]
    slack = max(1, round(0.12 * height))
    level = letters[
        (np.abs(letters[:, 0] - first[0]) <= slack)
        & (np.abs(letters[:, 2] - first[2]) <= slack)
        & (letters[:, 1] >= first[1])
    ]
    level = level[np.argsort(level[:, 1])]
    gaps = level[1:, 1] - level[:-1, 3]
    ends = np.flatnonzero(gaps > 1.5 * height)
    line: NDArray[np.intp] = level[: ends[0] + 1] if len(ends) else level
    return line
