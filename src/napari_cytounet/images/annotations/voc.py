"""Pascal VOC: one XML file an image, a box an object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, parse

from napari_cytounet.errors import ImageError
from napari_cytounet.images.annotations.coco import UNNAMED
from napari_cytounet.images.annotations.documents import NoAnnotationsError, understanding
from napari_cytounet.images.annotations.shapes import (
    AnnotatedImage,
    Part,
    Shape,
    left_out,
    polygon,
    rectangle,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as ReadElement

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(path: Path) -> list[AnnotatedImage]:
    """Read the objects of one image: the polygon that some programs add, else the box as a rectangle.

    Raises
    ------
    ImageError
        If the file is damaged, defines entities, or an object cannot be understood.
    """
    try:
        root = parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException as error:
        raise ImageError("defines entities, which could hide anything. Export it again without.") from error
    except ParseError as error:
        raise ImageError(f"is no XML, or cut off ({error}). Copy or export it again.") from error
    if root.tag != "annotation":
        raise NoAnnotationsError(f"is no annotation of Pascal VOC: it begins with <{root.tag}>.")
    shapes: list[Shape] = []
    others: Counter[str] = Counter()
    boxes = 0
    for number, entry in enumerate(root.findall("object"), start=1):
        with understanding(f"object {number}"):
            outline, box = entry.find("polygon"), entry.find("bndbox")
            category = (entry.findtext("name") or "").strip() or None
            if outline is not None and len(outline) >= 6:
                shapes.append(Shape(_polygon(outline), category))
            elif box is not None:
                boxes += 1
                shapes.append(Shape(_box(box), category))
            else:
                others["objects without a box"] += 1
    taken = (f"boxes are taken as rectangles: {boxes}",) if boxes else ()
    name = (root.findtext("filename") or "").strip() or path.stem
    return [AnnotatedImage(Path(name).name, tuple(shapes), _size(root), (*left_out(others), *taken))]


def write_voc(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write the boxes of the objects of one image."""
    (image,) = images
    root = Element("annotation")
    SubElement(root, "filename").text = image.name
    if image.size is not None:
        size = SubElement(root, "size")
        for tag, number in zip(("height", "width", "depth"), (*image.size, 1), strict=True):
            SubElement(size, tag).text = str(number)
    for shape in image.shapes:
        entry = SubElement(root, "object")
        SubElement(entry, "name").text = shape.category or UNNAMED
        box = SubElement(entry, "bndbox")
        corners = np.concatenate([part[0] for part in shape.parts])
        # Pixels are counted from 1, and the last one belongs to the box.
        sides = (*(np.floor(corners.min(axis=0)) + 1), *np.ceil(corners.max(axis=0)))
        for tag, side in zip(_SIDES, sides, strict=True):
            SubElement(box, tag).text = str(int(side))
    indent(root)
    ElementTree(root).write(path, encoding="utf-8")
    return ("Pascal VOC keeps the boxes of the objects only.",)


def _number(parent: ReadElement, tag: str) -> float:
    text = parent.findtext(tag)
    if text is None:
        raise KeyError(tag)
    return float(text)


def _box(box: ReadElement) -> tuple[Part, ...]:
    left, top, right, bottom = (_number(box, side) for side in _SIDES)
    return rectangle(left - 1, top - 1, right, bottom)


def _polygon(outline: ReadElement) -> tuple[Part, ...]:
    """Return the outline of the elements x1, y1, x2, y2 and so on."""
    count = len(outline) // 2
    xs = [_number(outline, f"x{corner}") for corner in range(1, count + 1)]
    ys = [_number(outline, f"y{corner}") for corner in range(1, count + 1)]
    return polygon(xs, ys)


def _size(root: ReadElement) -> tuple[int, int] | None:
    size = root.find("size")
    if size is None:
        return None
    with understanding("the size"):
        height, width = int(_number(size, "height")), int(_number(size, "width"))
    return (height, width) if height > 0 and width > 0 else None
