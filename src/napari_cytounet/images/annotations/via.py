"""CSV of the VGG Image Annotator: one file for many images, an outline, circle or box a row."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_cytounet.images.annotations.documents import NoAnnotationsError, understanding
from napari_cytounet.images.annotations.shapes import (
    AnnotatedImage,
    Part,
    Shape,
    ellipse,
    left_out,
    polygon,
    rectangle,
)

COLUMNS = (
    "filename",
    "file_size",
    "file_attributes",
    "region_count",
    "region_id",
    "region_shape_attributes",
    "region_attributes",
)
_CATEGORY = ("category", "class", "label", "type", "name")
"""Names of the attribute that is taken for the category, the first that a region has."""
_OBJECT = "object"
"""Attribute of ours: regions of the same number are parts of one object."""


def read_via(path: Path) -> list[AnnotatedImage]:
    """Read all images of a file; points and lines are counted and left out.

    Raises
    ------
    ImageError
        If it is no CSV of VIA, or a region cannot be understood.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
        # Version 1 of VIA writes a # before the first title.
        first = next((name for name in rows[0] if name.lstrip("#") == "filename"), None) if rows else None
    if first is None or "region_shape_attributes" not in rows[0]:
        raise NoAnnotationsError(
            f"is no CSV of the VGG Image Annotator: its columns would be {', '.join(COLUMNS)}. Export the "
            "annotations again."
        )
    shapes: dict[str, dict[Any, Shape]] = defaultdict(dict)
    others: dict[str, Counter[str]] = defaultdict(Counter)
    for line, row in enumerate(rows, start=2):
        with understanding(f"line {line}"):
            of_image = shapes[row[first]]
            region = json.loads(row["region_shape_attributes"] or "{}")
            if not region:
                continue  # an image without regions
            parts = _parts(region)
            if not parts:
                others[row[first]][str(region.get("name", "shape"))] += 1
                continue
            attributes = json.loads(row["region_attributes"] or "{}")
            key = (_OBJECT, attributes[_OBJECT]) if _OBJECT in attributes else line
            known = of_image.get(key, Shape((), _category(attributes)))
            of_image[key] = Shape(known.parts + parts, known.category)
    return [
        AnnotatedImage(name, tuple(of_image.values()), notes=left_out(others[name]))
        for name, of_image in shapes.items()
    ]


def write_via(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write objects as polygons; holes are filled, and parts of an object share a number."""
    holes = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for image in images:
            regions = [
                (number, shape, part) for number, shape in enumerate(image.shapes, 1) for part in shape.parts
            ]
            if not regions:
                rows.writerow([image.name, -1, "{}", 0, 0, "{}", "{}"])
            for region, (number, shape, part) in enumerate(regions):
                holes += len(part) - 1
                attributes: dict[str, Any] = {} if shape.category is None else {"category": shape.category}
                if len(shape.parts) > 1:
                    attributes[_OBJECT] = number
                xs, ys = part[0].T.tolist()
                outline = {"name": "polygon", "all_points_x": xs, "all_points_y": ys}
                cells = [len(regions), region, json.dumps(outline), json.dumps(attributes)]
                rows.writerow([image.name, -1, "{}", *cells])
    return (f"VIA has no holes: those of the objects are filled ({holes}).",) if holes else ()


def _parts(region: dict[str, Any]) -> tuple[Part, ...]:
    """Return what a region covers, by the numbers that it has: its name is free text in old files."""
    if "r" in region:
        return ellipse(region["cx"], region["cy"], region["r"], region["r"])
    if "rx" in region:
        angle = region.get("theta", 0.0)
        return ellipse(region["cx"], region["cy"], region["rx"], region["ry"], angle)
    if "width" in region:
        left, top = region["x"], region["y"]
        return rectangle(left, top, left + region["width"], top + region["height"])
    if "all_points_x" in region and region.get("name") != "polyline":
        xs, ys = region["all_points_x"], region["all_points_y"]
        if len(xs) != len(ys):
            raise ValueError(f"it has {len(xs)} x and {len(ys)} y")
        return polygon(xs, ys)
    return ()


def _category(attributes: dict[str, Any]) -> str | None:
    for name in _CATEGORY:
        if attributes.get(name):
            return str(attributes[name])
    return None
