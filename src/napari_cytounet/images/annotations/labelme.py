"""LabelMe: one JSON file an image."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import imagecodecs
import numpy as np

from napari_cytounet.images.annotations.coco import UNNAMED
from napari_cytounet.images.annotations.documents import understanding, whole
from napari_cytounet.images.annotations.drawing import shape_pixels
from napari_cytounet.images.annotations.shapes import (
    AnnotatedImage,
    Part,
    Shape,
    ellipse,
    known_size,
    left_out,
    rectangle,
    ring,
)
from napari_cytounet.images.annotations.tracing import trace_objects
from napari_cytounet.strict_json import json_line

_VERSION = "5.5.0"  # of LabelMe, whose format this is


def is_labelme(document: Any) -> bool:
    """Tell whether a JSON document is of LabelMe."""
    return isinstance(document, dict) and {"shapes", "imagePath"} <= set(document)


def read_labelme(document: dict[str, Any], _path: Path) -> list[AnnotatedImage]:
    """Read the objects of one image; shapes of one label and `group_id` are parts of one object.

    Raises
    ------
    ImageError
        If a shape cannot be understood.
    """
    others: Counter[str] = Counter()
    grouped: dict[Any, list[Part]] = defaultdict(list)
    for number, entry in enumerate(document["shapes"]):
        with understanding(f"shape {number}"):
            label, group = str(entry["label"]), entry.get("group_id")
            parts = _parts(entry)
            if parts:
                grouped[label, group, number if group is None else None] += parts
            else:
                others[entry["shape_type"]] += 1
    shapes = tuple(Shape(tuple(parts), label) for (label, *_), parts in grouped.items())
    with understanding("the image"):
        name = PurePosixPath(str(document["imagePath"]).replace("\\", "/")).name
        height, width = document.get("imageHeight"), document.get("imageWidth")
        size = None if height is None or width is None else (whole(height), whole(width))
    return [AnnotatedImage(name, shapes, size, left_out(others))]


def write_labelme(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write the objects of one image: as polygons, and as masks where they have holes."""
    (image,) = images
    height, width = size = known_size(image)
    document: dict[str, Any] = {
        "version": _VERSION,
        "flags": {},
        "shapes": [
            entry
            for number, shape in enumerate(image.shapes, start=1)
            for entry in _entries(shape, number, size)
        ],
        "imagePath": image.name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
    path.write_text(json_line(document), encoding="utf-8")
    return ()


def _parts(entry: dict[str, Any]) -> tuple[Part, ...]:
    points = entry["points"]
    match entry.get("shape_type") or "polygon":
        case "polygon":
            return ((ring(points),),)
        case "rectangle":
            (x1, y1), (x2, y2) = points
            return rectangle(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        case "circle":
            (x, y), (edge_x, edge_y) = points
            radius = float(np.hypot(edge_x - x, edge_y - y))
            return ellipse(x, y, radius, radius)
        case "mask":
            mask = np.asarray(imagecodecs.png_decode(base64.b64decode(entry["mask"])))
            traced = trace_objects((mask > 0).astype(np.int8)).get(1, ())
            return tuple(tuple(corners + np.asarray(points[0], float) for corners in part) for part in traced)
    return ()


def _entries(shape: Shape, number: int, size: tuple[int, int]) -> list[dict[str, Any]]:
    about: dict[str, Any] = {
        "label": shape.category or UNNAMED,
        "group_id": None,
        "flags": {},
        "description": "",
    }
    if any(len(part) > 1 for part in shape.parts):
        return [about | _mask(shape, size)]
    if len(shape.parts) > 1:
        about["group_id"] = number
    return [about | {"shape_type": "polygon", "points": part[0].tolist()} for part in shape.parts]


def _mask(shape: Shape, size: tuple[int, int]) -> dict[str, Any]:
    rows, columns = np.divmod(shape_pixels(shape, size), size[1])
    top, left = int(rows.min()), int(columns.min())
    mask = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), np.uint8)
    mask[rows - top, columns - left] = 255
    corners = [[left, top], [left + mask.shape[1] - 1, top + mask.shape[0] - 1]]
    encoded = base64.b64encode(imagecodecs.png_encode(mask)).decode("ascii")
    return {"shape_type": "mask", "points": corners, "mask": encoded}
