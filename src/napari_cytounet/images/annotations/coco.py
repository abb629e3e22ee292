"""COCO: one JSON file for many images, objects as polygons, or as runs where they have holes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from napari_cytounet.errors import ImageError
from napari_cytounet.images.annotations.documents import understanding, whole
from napari_cytounet.images.annotations.drawing import shape_pixels
from napari_cytounet.images.annotations.rle import decode_runs, encode_runs, runs_to_text, text_to_runs
from napari_cytounet.images.annotations.shapes import (
    AnnotatedImage,
    Part,
    Shape,
    known_size,
    left_out,
    polygon,
    rectangle,
)
from napari_cytounet.images.annotations.tracing import trace_objects
from napari_cytounet.strict_json import json_line

_BOXES = "boxes"
UNNAMED = "object"
"""Category of objects that have none: COCO wants one."""


def is_coco(document: Any) -> bool:
    """Tell whether a JSON document is of COCO."""
    return isinstance(document, dict) and {"images", "annotations"} <= set(document)


def read_coco(document: dict[str, Any], _path: Path) -> list[AnnotatedImage]:
    """Read all images of a file, those without objects too.

    Boxes are taken where there is no outline. A crowd (`iscrowd`) counts as not labelled.

    Raises
    ------
    ImageError
        If an annotation has a category or an image that the file does not list, or cannot be understood.
    """
    with understanding("the list of categories"):
        categories = {whole(entry["id"]): str(entry["name"]) for entry in document.get("categories", [])}
    images: dict[int, dict[str, Any]] = {}
    for entry in document["images"]:
        with understanding(f"the image {entry}"):
            images[whole(entry["id"])] = entry
    shapes: dict[int, list[Shape]] = {number: [] for number in images}
    notes: dict[int, Counter[str]] = {number: Counter() for number in images}
    for entry in document["annotations"]:
        with understanding(f"annotation {entry.get('id')}"):
            number, category = whole(entry["image_id"]), whole(entry["category_id"])
            _check_known(number, images, category, categories, entry)
            parts = _parts(entry, _size(images[number]), notes[number])
            if parts:
                crowd = bool(entry.get("iscrowd", 0))
                shapes[number].append(Shape(parts, categories[category], crowd=crowd))
    read = []
    for number, entry in images.items():
        with understanding(f"image {number}"):
            name = PurePosixPath(str(entry["file_name"]).replace("\\", "/")).name
            boxes = notes[number].pop(_BOXES, 0)
            taken = (f"boxes are taken as rectangles: {boxes}",) if boxes else ()
            told = (*left_out(notes[number]), *taken)
            read.append(AnnotatedImage(name, tuple(shapes[number]), _size(entry), told))
    return read


def write_coco(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write the objects of images whose size is known."""
    names = sorted({shape.category or UNNAMED for image in images for shape in image.shapes})
    numbers = {name: number for number, name in enumerate(names, start=1)}
    annotations: list[dict[str, Any]] = []
    for image_id, image in enumerate(images, start=1):
        for shape in image.shapes:
            about = {
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": numbers[shape.category or UNNAMED],
                "iscrowd": int(shape.crowd),
            }
            annotations.append(about | _outline(shape, image))
    document = {
        "images": [
            {
                "id": number,
                "file_name": image.name,
                **dict(zip(("height", "width"), known_size(image), strict=True)),
            }
            for number, image in enumerate(images, start=1)
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
    }
    path.write_text(json_line(document), encoding="utf-8")
    return ()


def _check_known(
    image: int, images: dict[int, Any], category: int, categories: dict[int, str], entry: dict[str, Any]
) -> None:
    if image not in images:
        raise ImageError(
            f"annotation {entry.get('id')} belongs to image {image}, which the file does not list."
        )
    if category not in categories:
        listed = ", ".join(f"{number} {name}" for number, name in sorted(categories.items())) or "none"
        raise ImageError(
            f"annotation {entry.get('id')} has the category {category}, which the file does not list (it "
            f"lists {listed}). Add it to the categories."
        )


def _size(entry: dict[str, Any]) -> tuple[int, int]:
    return whole(entry["height"]), whole(entry["width"])


def _parts(entry: dict[str, Any], size: tuple[int, int], notes: Counter[str]) -> tuple[Part, ...]:
    outline = entry.get("segmentation")
    if not outline:
        left, top, width, height = entry["bbox"]
        notes[_BOXES] += 1
        return rectangle(left, top, left + width, top + height)
    if isinstance(outline, dict):
        runs = outline["counts"]
        runs = text_to_runs(runs) if isinstance(runs, str) else [whole(run) for run in runs]
        height, width = outline["size"]
        if (whole(height), whole(width)) != size:
            raise ValueError(
                f"its runs are of {height} x {width} pixels, and the image is {size[0]} x {size[1]}"
            )
        mask, (row, column) = decode_runs(runs, size)
        corner = np.array([column, row])
        traced = trace_objects(mask.astype(np.int8)).get(1, ())
        return tuple(tuple(corners + corner for corners in part) for part in traced)
    parts: list[Part] = []
    for corners in outline:
        if len(corners) < 6:
            notes["outlines of fewer than three corners"] += 1
        else:
            parts += polygon(corners[0::2], corners[1::2])
    return tuple(parts)


def _outline(shape: Shape, image: AnnotatedImage) -> dict[str, Any]:
    corners = np.concatenate([part[0] for part in shape.parts])
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    size = known_size(image)
    pixels = shape_pixels(shape, size)
    segmentation: Any = [part[0].ravel().tolist() for part in shape.parts]
    if any(len(part) > 1 for part in shape.parts):
        segmentation = {"size": list(size), "counts": runs_to_text(encode_runs(pixels, size))}
    box = [left, top, right - left, bottom - top]
    return {"segmentation": segmentation, "area": len(pixels), "bbox": box}
