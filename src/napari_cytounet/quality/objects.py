"""The objects of a mask: specks, holes, neighbours that were joined, giants, and what the border cuts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.quality.findings import Box, Finding, Place, found
from napari_cytounet.quality.inputs import CheckedFile
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

SPECK = 4
"""Pixels up to which an object is a speck, where the others are ten times as large."""

LARGEST_HOLE = 0.3
"""Share of its object up to which a gap in it is a hole: larger ones make it a ring."""

NECK, LOBE = 0.45, 0.6
"""Objects are several in one if they fall apart when they are worn down by so much of the usual half width,
into
lobes of so much of it."""

GIANT, BEYOND_OTHERS = 4.0, 2.0
"""A giant has so many times the median area, and so many times that of the next largest object of the set."""

LEAST_INNER = 3
"""Objects away from the border whose size is taken for that of all."""

CUT, LEAST_CUT = 0.5, 1
"""Share, and number, of objects at the border that are worth a word."""


@dataclass(frozen=True)
class ObjectFacts:
    """What the objects of a plane are like.

    Attributes
    ----------
    areas
        In pixels, those of specks left out.
    largest
        Box of the largest one.
    inner_diameter
        Of a circle with the median area of those away from the border, in pixels; of all if they are few.
    at_border
        How many touch the border of the plane.
    specks, holes, merged
        Boxes.
    """

    areas: NDArray[np.int64]
    largest: Box | None
    inner_diameter: float
    at_border: int
    specks: tuple[Box, ...]
    holes: tuple[Box, ...]
    merged: tuple[Box, ...]

    @property
    def median_diameter(self) -> float:
        """Of a circle with the median area, in pixels; 0 without objects."""
        return float(np.sqrt(4 / np.pi * np.median(self.areas))) if len(self.areas) else 0.0


def measure_objects(pixels: PlanePixels) -> ObjectFacts | None:
    """Return what the objects of a plane are like; None without a mask."""
    if pixels.truth is None:
        return None
    objects = pixels.objects
    areas = np.bincount(objects.ravel())
    boxes = object_boxes(objects)
    numbers = np.array(sorted(boxes), dtype=np.intp)
    if not len(numbers):
        return ObjectFacts(np.zeros(0, np.int64), None, 0.0, 0, (), (), ())
    border = set(np.unique(np.concatenate([objects[0], objects[-1], objects[:, 0], objects[:, -1]])).tolist())
    large = numbers[areas[numbers] > SPECK]
    median = float(np.median(areas[large])) if len(large) else 0.0
    specks = [
        boxes[number]
        for number in numbers[areas[numbers] <= SPECK].tolist()
        if number not in border and median > 10 * SPECK
    ]
    whole = large if len(large) else numbers
    inner = np.array([number for number in whole.tolist() if number not in border], dtype=np.intp)
    uncut = inner if len(inner) >= LEAST_INNER else whole
    return ObjectFacts(
        areas=areas[whole],
        inner_diameter=float(np.sqrt(4 / np.pi * np.median(areas[uncut]))),
        largest=boxes[int(whole[areas[whole].argmax()])],
        at_border=len(border.intersection(whole.tolist())),
        specks=tuple(specks),
        holes=tuple(find_holes(objects, areas)),
        merged=tuple(_find_merged(pixels, boxes, areas, whole)),
    )


def object_boxes(objects: NDArray[np.integer]) -> dict[int, Box]:
    """Return the box around each object by its number."""
    return {
        number: (rows.start, columns.start, rows.stop, columns.stop)
        for number, place in enumerate(ndi.find_objects(objects), start=1)
        if place is not None
        for rows, columns in [place]
    }


def find_holes(objects: NDArray[np.integer], areas: NDArray[np.integer]) -> Iterator[Box]:
    """Yield the boxes of gaps that a single object encloses."""
    for part, owner in enclosed_parts(objects).items():
        top, left, bottom, right, size = part
        if size <= LARGEST_HOLE * areas[owner]:
            yield top, left, bottom, right


def enclosed_parts(objects: NDArray[np.integer]) -> dict[tuple[int, int, int, int, int], int]:
    """Return connected parts of the background that touch one object only and not the border.

    Returns
    -------
    dict
        From box and pixels of the part to the number of the object around it.
    """
    parts, count = ndi.label(objects == 0)
    open_parts = np.zeros(count + 1, dtype=bool)
    for side in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        open_parts[side] = True
    contacts: list[NDArray[np.int64]] = []
    for axis in (0, 1):
        inside, neighbour = np.moveaxis(parts, axis, 0), np.moveaxis(objects, axis, 0)
        for here, there in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
            meets = (neighbour[there] > 0) & ~open_parts[inside[here]] & (inside[here] > 0)
            contacts.append(np.stack([inside[here][meets], neighbour[there][meets]], axis=1).astype(np.int64))
    pairs = np.unique(np.concatenate(contacts), axis=0)
    owned = dict(pairs.tolist())
    touched = np.bincount(pairs[:, 0], minlength=count + 1)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    found_boxes = object_boxes(parts)
    return {
        (*found_boxes[part], int(sizes[part])): owner for part, owner in owned.items() if touched[part] == 1
    }


def judge_objects(survey: Survey) -> Iterator[Finding]:
    """Report specks, holes and joined objects."""
    for digest in survey.digests:
        facts = digest.objects
        if facts is None or survey.are_outlines(digest):
            continue
        for code, boxes, what in (
            ("mask-specks", facts.specks, f"{len(facts.specks)} objects of up to {SPECK} pixels."),
            ("mask-holes", facts.holes, f"{len(facts.holes)} objects or more have a hole."),
            (
                "objects-merged",
                facts.merged,
                f"{len(facts.merged)} objects look like several that were joined.",
            ),
        ):
            if boxes:
                yield found(code, f"{what} The first is meant here.", digest.mask_place(boxes[0]))


def judge_cut_objects(survey: Survey) -> Iterator[Finding]:
    """Report masks of which the border cuts many objects; the planes of a stack together."""
    planes: dict[CheckedFile, list[ObjectFacts]] = defaultdict(list)
    for digest in survey.digests:
        if digest.objects is not None and not survey.are_outlines(digest):
            planes[digest.file].append(digest.objects)
    for file, facts in planes.items():
        cut, count = sum(fact.at_border for fact in facts), sum(len(fact.areas) for fact in facts)
        if cut >= max(LEAST_CUT, CUT * count):
            yield found(
                "objects-cut", f"{cut} of {count} objects touch the border.", Place(file.mask or file.image)
            )


def judge_giants(survey: Survey) -> Iterator[Finding]:
    """Report objects that are far larger than all others of the set."""
    judged = [digest for digest in survey.digests if digest.objects is not None and len(digest.objects.areas)]
    facts = [digest.objects for digest in judged if digest.objects is not None]
    if sum(len(fact.areas) for fact in facts) < 10:
        return
    median = float(np.median(np.concatenate([fact.areas for fact in facts])))
    largest = np.array([fact.areas.max() for fact in facts])
    for place, (digest, fact) in enumerate(zip(judged, facts, strict=True)):
        here = np.sort(fact.areas)
        others = float(
            max(np.quantile(np.delete(largest, place), 0.9) if len(largest) > 1 else 0, *here[-2:-1], 0)
        )
        if here[-1] >= max(GIANT * median, BEYOND_OTHERS * others):
            yield found(
                "object-giant",
                f"An object of {here[-1]} pixels; the median object has {median:.0f}, the next largest here "
                f"{here[-2] if len(here) > 1 else 0}.",
                digest.mask_place(fact.largest),
                others=(digest.file.image,),
            )


def _find_merged(
    pixels: PlanePixels, boxes: dict[int, Box], areas: NDArray[np.integer], numbers: NDArray[np.intp]
) -> Iterator[Box]:
    """Yield the boxes of objects that fall apart into several when they are worn down."""
    depth = pixels.depth
    half_width = float(np.median(ndi.maximum(depth, pixels.objects, numbers)))
    median = float(np.median(areas[numbers]))
    for number in numbers[areas[numbers] > 1.4 * median].tolist():
        top, left, bottom, right = boxes[number]
        box = slice(top, bottom), slice(left, right)
        inside = np.where(pixels.objects[box] == number, depth[box], 0)
        lobes, count = ndi.label(inside > NECK * half_width)
        if count < 2:
            continue
        tops = ndi.maximum(inside, lobes, np.arange(1, count + 1))
        if np.count_nonzero(np.asarray(tops) >= max(LOBE * half_width, 2)) >= 2:
            yield boxes[number]
