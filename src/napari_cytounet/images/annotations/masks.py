"""Annotations as masks: what a file says of one image is opened like a label image in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.annotations.documents import NoAnnotationsError
from napari_cytounet.images.annotations.drawing import Drawing, draw_shapes
from napari_cytounet.images.annotations.formats import SUFFIXES, read_annotations
from napari_cytounet.images.annotations.shapes import AnnotatedImage, Plane, Shape
from napari_cytounet.images.naming import natural_key
from napari_cytounet.images.object_categories import category_tag
from napari_cytounet.images.stored import StoredImage

if TYPE_CHECKING:
    from napari_cytounet.images.image import Image


def is_annotated_image(path: Path) -> bool:
    """Tell whether a path means one image in an annotation file, such as `annotations.json/cell_1.png`."""
    return path.parent.suffix.lower() in SUFFIXES and path.parent.is_file()


def find_annotated_images(source: Path) -> list[Path]:
    """List the images that annotations tell of.

    Parameters
    ----------
    source
        An annotation file, or a folder of some; what is something else in it is passed over.

    Returns
    -------
    list of Path
        An entry an image: the file, and in it the name of the image. Where several files say the same of an
        image, the first. Empty if there is no annotation file.

    Raises
    ------
    ImageError
        If a file cannot be understood, or two tell different objects of one image.
    """
    files = [source] if source.is_file() else sorted(source.iterdir(), key=natural_key)
    found: dict[str, tuple[Path, AnnotatedImage]] = {}
    for file in files:
        if file.suffix.lower() not in SUFFIXES or file.name.startswith(".") or not file.is_file():
            continue
        try:
            images = read_annotations(file)
        except ImageError as error:
            if file != source and isinstance(error.__cause__, NoAnnotationsError):
                continue
            raise
        for image in images:
            first, known = found.setdefault(image.name, (file, image))
            if known is not image and not known.same_as(image):
                raise ImageError(
                    f"{first} and {file} tell different objects of {image.name}. Move one of them away."
                )
    return [file / name for name, (file, _) in found.items()]


def read_annotated_image(path: Path, image: Image | None = None) -> StoredImage:
    """Draw the objects of one image as labels.

    Parameters
    ----------
    path
        See `is_annotated_image`.
    image
        The image, for annotations that do not tell its size, or tell of objects in the planes of a stack.
        Without it the labels are as large as the objects need.

    Raises
    ------
    ImageError
        If the file has no such image, or cannot be understood.
    """
    annotated = next((known for known in read_annotations(path.parent) if known.name == path.name), None)
    if annotated is None:
        raise ImageError(f"{path.parent} tells nothing of {path.name}.")
    size, planes, axes = _layout(annotated, image)
    drawn = [_drawn(annotated.shapes, plane, size) for plane in planes]
    labels = np.stack([drawing.labels for drawing in drawn]).reshape(
        *(1 + max(place[at] for place in planes) for at, letter in enumerate("TZ") if letter in axes), *size
    )
    return StoredImage(
        labels,
        axes,
        notes=(
            *annotated.notes,
            *_overlap_notes(sum(d.contested for d in drawn), sum(d.hidden for d in drawn)),
        ),
        tags={"kind": "instances", **category_tag([shape.category for shape in annotated.shapes])},
    )


def _layout(annotated: AnnotatedImage, image: Image | None) -> tuple[tuple[int, int], list[Plane], str]:
    """Return height and width, the planes over T and Z, and the axes."""
    size = annotated.size or (_extent(annotated.shapes) if image is None else (image.height, image.width))
    if image is not None and any(shape.plane for shape in annotated.shapes):
        named = [dict(zip(image.plane_axes, index, strict=True)) for index in image.planes]
        return size, [(at.get("T", 0), at.get("Z", 0)) for at in named], image.plane_axes + "YX"
    last = np.array([shape.plane or (0, 0) for shape in annotated.shapes] or [(0, 0)]).max(axis=0)
    axes = "".join(letter for letter, at in zip("TZ", last, strict=True) if at) + "YX"
    return size, [(t, z) for t in range(last[0] + 1) for z in range(last[1] + 1)], axes


def _extent(shapes: Sequence[Shape]) -> tuple[int, int]:
    """Return height and width of the smallest image that holds all shapes, and a pixel of background."""
    corners: list[NDArray[np.float64]] = [part[0].max(axis=0) for shape in shapes for part in shape.parts]
    x, y = np.ceil(np.max(corners, axis=0, initial=0)).astype(int)
    return int(max(y, 0)) + 1, int(max(x, 0)) + 1


def _drawn(shapes: Sequence[Shape], plane: Plane, size: tuple[int, int]) -> Drawing:
    """Draw the shapes of one plane; each keeps its number of the whole stack."""
    here = {
        number: shape
        for number, shape in enumerate(shapes, start=1)
        if shape.plane is None or shape.plane == plane
    }
    return draw_shapes(list(here.values()), size, list(here))


def _overlap_notes(contested: int, hidden: int) -> tuple[str, ...]:
    notes = []
    if contested:
        notes.append(f"where outlines overlap, the smaller object is on top ({contested} pixels)")
    if hidden:
        notes.append(f"objects that lie wholly below others or outside of the image are left out: {hidden}")
    return tuple(notes)
