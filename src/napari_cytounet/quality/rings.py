"""Outlines where filled objects are expected: whole masks of them, and single unfilled rings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi
from scipy.spatial import ConvexHull, QhullError

from napari_cytounet.images.outlines import THICKEST_LINE
from napari_cytounet.quality.findings import Box, Finding, Place, found
from napari_cytounet.quality.objects import object_boxes
from napari_cytounet.quality.pixels import PlanePixels
from napari_cytounet.settings import MaskKind

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

HOLLOW = 0.45
"""A line that covers less than this share of its convex hull goes around something."""

LEAST_HULL, LEAST_HULL_AT_BORDER = 0.3, 0.08
"""Share of the area of the usual object that a ring goes around: smaller ones are slips of the pen."""

THINNEST = 2.0
"""Pixels from the middle of a line to its edge, up to which it can only have been drawn as a line."""

AROUND, AROUND_AT_BORDER = 0.75, 0.4
"""Share of all directions, seen from the middle, in which a ring lies."""


@dataclass(frozen=True)
class Rings:
    """Thin lines among the objects of a plane.

    Attributes
    ----------
    closed, unclosed
        Boxes of lines that go around something, without a gap and with one (the border of the image is a
        gap).
    hulls
        Pixels that each of them goes around, closed ones first.
    depths
        Pixels from the middle of each line to its edge.
    share
        Share of the foreground that is thin lines.
    """

    closed: tuple[Box, ...]
    unclosed: tuple[Box, ...]
    hulls: tuple[float, ...]
    depths: tuple[float, ...]
    share: float


def measure_rings(pixels: PlanePixels) -> Rings | None:
    """Look for thin lines that go around something; None without a mask."""
    if pixels.truth is None:
        return None
    objects = pixels.objects
    numbers = np.unique(objects)[1:]
    if not len(numbers):
        return Rings((), (), (), (), 0.0)
    areas = np.bincount(objects.ravel())
    depths = np.zeros(len(areas))
    np.maximum.at(depths, objects.ravel(), pixels.depth.ravel())
    thin = depths[numbers] <= THICKEST_LINE / 2
    boxes = object_boxes(objects)
    closed: list[tuple[Box, float, float]] = []
    unclosed: list[tuple[Box, float, float]] = []
    for number in numbers[thin].tolist():
        top, left, bottom, right = boxes[number]
        cut = top == 0 or left == 0 or bottom == objects.shape[0] or right == objects.shape[1]
        if min(bottom - top, right - left) < (THICKEST_LINE if cut else 2 * THICKEST_LINE):
            continue
        line = objects[top:bottom, left:right] == number
        hull = _hull_area(line)
        if areas[number] > HOLLOW * hull or _directions(line) < (AROUND_AT_BORDER if cut else AROUND):
            continue
        enclosed = np.count_nonzero(ndi.binary_fill_holes(line)) - areas[number]
        (closed if enclosed > 0.4 * hull else unclosed).append((boxes[number], hull, float(depths[number])))
    return Rings(
        tuple(box for box, *_ in closed),
        tuple(box for box, *_ in unclosed),
        tuple(hull for _, hull, _ in closed + unclosed),
        tuple(depth for *_, depth in closed + unclosed),
        share=float(areas[numbers[thin]].sum() / areas[numbers].sum()),
    )


def judge_outlines(survey: Survey) -> Iterator[Finding]:
    """Report masks that are outlines: once if all are, else one by one."""
    judged = [digest for digest in survey.digests if digest.rings is not None and digest.rings.hulls]
    outlines = [digest for digest in judged if survey.are_outlines(digest)]
    if survey.kind is MaskKind.OUTLINES and survey.settings.masks is None:
        yield found(
            "mask-outlines",
            "The masks are thin closed lines around objects.",
            Place(survey.mask_folder),
        )
    elif survey.kind is not MaskKind.OUTLINES:
        for digest in outlines:
            yield found(
                "mask-outlines",
                "The mask holds thin lines around objects, where other masks hold filled objects."
                if len(outlines) < len(judged)
                else "The mask holds thin lines around objects.",
                digest.mask_place(),
                others=(digest.file.image,),
            )


def judge_rings(survey: Survey) -> Iterator[Finding]:
    """Report single rings among filled objects, and rings that will not fill."""
    usual = survey.median_area
    for digest in survey.digests:
        rings = digest.rings
        if rings is None or (survey.are_outlines(digest) and survey.kind is not MaskKind.OUTLINES):
            continue
        boxes = zip(rings.closed + rings.unclosed, rings.hulls, rings.depths, strict=True)
        for number, (box, hull, depth) in enumerate(boxes):
            cut = min(box[:2]) == 0 or box[2] == digest.shape[0] or box[3] == digest.shape[1]
            if depth > THINNEST or hull < (LEAST_HULL_AT_BORDER if cut else LEAST_HULL) * usual:
                continue
            is_closed = number < len(rings.closed)
            yield found(
                "ring-open",
                "A closed ring that was never filled."
                if is_closed
                else "A ring with a gap, which cannot be filled.",
                digest.mask_place(box),
                others=(digest.file.image,),
                fixable=is_closed,
            )


def _hull_area(line: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:
    """Return the area of the convex hull of some pixels."""
    try:
        return float(ConvexHull(np.argwhere(line)).volume)
    except QhullError:  # all in one row
        return 0.0


def _directions(line: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:
    """Return the share of all directions, seen from the middle of the box, in which there is line."""
    rows, columns = np.nonzero(line)
    angles = np.arctan2(rows - (line.shape[0] - 1) / 2, columns - (line.shape[1] - 1) / 2)
    return len(np.unique(np.floor(angles / (2 * np.pi) * 36))) / 36
