"""ImageJ's regions of interest: a .roi file, or a .zip of them as the ROI Manager saves it."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi, roiread

from napari_cytounet.images.annotations.documents import NoAnnotationsError, understanding
from napari_cytounet.images.annotations.shapes import (
    AnnotatedImage,
    Part,
    Plane,
    Shape,
    ellipse,
    left_out,
    rectangle,
    ring,
)

_OUTLINES = (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED)
_NOT_AREAS = (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.ARROW, ROI_SUBTYPE.IMAGE)
_CATEGORY = "category"


def read_rois(path: Path) -> list[AnnotatedImage]:
    """Read all areas of a file; lines, points and texts are counted and left out.

    The image has the name of the file. The category is the property `category`, which we write, or the group.

    Raises
    ------
    ImageError
        If the file holds no ROI, or one that cannot be understood.
    """
    if path.suffix.lower() == ".zip" and not _holds_rois(path):
        raise NoAnnotationsError("holds no ROI of ImageJ. Save the ROI Manager's list again.")
    found = roiread(path)
    rois = found if isinstance(found, list) else [found]
    shapes: list[Shape] = []
    others: Counter[str] = Counter()
    for roi in rois:
        with understanding(f"the ROI {roi.name}"):
            parts = _parts(roi)
            if parts:
                shapes.append(Shape(parts, _category(roi), _plane(roi)))
            else:
                others[_describe(roi)] += 1
    return [AnnotatedImage(path.name, tuple(shapes), notes=left_out(others))]


def write_rois(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write the objects of one image as a .zip for the ROI Manager."""
    (image,) = images
    digits = max(4, len(str(len(image.shapes))))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, shape in enumerate(image.shapes, start=1):
            name = f"{number:0{digits}}"
            # A fixed date, so that the same labels give the same file.
            archive.writestr(zipfile.ZipInfo(f"{name}.roi"), _roi(shape, name).tobytes())
    return ()


def _holds_rois(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.lower().endswith(".roi") for name in archive.namelist())


def _parts(roi: ImagejRoi) -> tuple[Part, ...]:
    """Return what the ROI covers; nothing if it is no area."""
    if roi.subtype in _NOT_AREAS:
        return ()
    if roi.composite:
        return (tuple(ring(corners) for corners in roi.coordinates(multi=True)),)
    sides: tuple[float, float, float, float] = (roi.left, roi.top, roi.right, roi.bottom)
    if roi.roitype in (ROI_TYPE.RECT, ROI_TYPE.OVAL) and roi.subpixelrect:
        sides = (roi.xd, roi.yd, roi.xd + roi.widthd, roi.yd + roi.heightd)
    if roi.roitype == ROI_TYPE.RECT:
        return rectangle(*sides)
    if roi.roitype == ROI_TYPE.OVAL:
        left, top, right, bottom = sides
        return ellipse((left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2)
    if roi.roitype in _OUTLINES:
        return ((ring(roi.coordinates()),),)
    return ()


def _category(roi: ImagejRoi) -> str | None:
    given = roi.properties.get(_CATEGORY)
    if given:
        return str(given)
    return f"group {roi.group}" if roi.group else None


def _plane(roi: ImagejRoi) -> Plane | None:
    """Return the plane; ImageJ counts from 1, and 0 is all planes. A simple stack has a position only."""
    z = roi.z_position or (0 if roi.t_position else roi.position)
    if not z and not roi.t_position:
        return None
    return max(roi.t_position - 1, 0), max(z - 1, 0)


def _describe(roi: ImagejRoi) -> str:
    kind = roi.subtype if roi.subtype in _NOT_AREAS else roi.roitype
    return kind.name.lower()


def _roi(shape: Shape, name: str) -> ImagejRoi:
    rings = [corners for part in shape.parts for corners in part]
    corners = np.concatenate(rings)
    if len(rings) == 1:
        roi = ImagejRoi.frompoints(_exact(rings[0]), name=name)
        roi.roitype = ROI_TYPE.TRACED
    else:
        (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        path = [np.concatenate([_moves(ring_), [4]]) for ring_ in rings]
        roi = ImagejRoi(roitype=ROI_TYPE.RECT, name=name)
        roi.left, roi.top, roi.right, roi.bottom = int(left), int(top), int(right), int(bottom)
        roi.multi_coordinates = np.concatenate(path).astype(np.float32)
        roi.shape_roi_size = len(roi.multi_coordinates)
    roi.options |= ROI_OPTIONS.OVERLAY_LABELS
    if shape.category is not None:
        roi.properties = {_CATEGORY: shape.category}
    if shape.plane is not None:
        t, z = shape.plane
        roi.position, roi.z_position, roi.t_position = z + 1, z + 1, t + 1
    return roi


def _moves(ring_: np.ndarray) -> np.ndarray:
    """Return a path: move to the first corner, draw to the others."""
    commands = np.ones((len(ring_), 1))
    commands[0] = 0
    return np.hstack([commands, ring_]).ravel()


def _exact(ring_: np.ndarray) -> np.ndarray:
    """Return whole coordinates as integers, which ImageJ keeps exactly."""
    rounded = np.rint(ring_)
    return rounded.astype(np.int32) if np.array_equal(rounded, ring_) else ring_
