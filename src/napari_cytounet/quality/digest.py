"""What is kept of each plane after it was looked at once: small, so that thousands fit into memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError, MaskError
from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.images.truth import MaskReading, Truth
from napari_cytounet.quality.alignment import Alignment, measure_alignment
from napari_cytounet.quality.boundaries import BoundaryProfile, measure_boundaries
from napari_cytounet.quality.broken_pixels import find_broken_pixels
from napari_cytounet.quality.ceiling import Roughness, measure_roughness
from napari_cytounet.quality.exposure import Exposure, measure_exposure
from napari_cytounet.quality.fields import Field, measure_field
from napari_cytounet.quality.findings import Box, Place
from napari_cytounet.quality.inputs import CheckedFile
from napari_cytounet.quality.lettering import image_text, mask_text
from napari_cytounet.quality.light import measure_unevenness
from napari_cytounet.quality.mask_values import surrounds
from napari_cytounet.quality.objects import ObjectFacts, measure_objects
from napari_cytounet.quality.padding import find_content
from napari_cytounet.quality.pixels import PlanePixels
from napari_cytounet.quality.rings import Rings, measure_rings
from napari_cytounet.quality.sharpness import measure_fineness

LEAST_SIDE = 3
"""Pixels across below which there is nothing to look at."""


@dataclass(frozen=True, eq=False)
class Digest:
    """One plane of an image, and of its mask; what each part means is told where it is measured.

    Attributes
    ----------
    file
        Where it is from.
    plane
        Index in the image; empty for a single image.
    shape
        Rows and columns.
    pixel_size
        Micrometres, where the file tells.
    content_hash
        Of the pixels: equal only for equal images.
    foreground
        Share of the labelled pixels that are foreground; None without a mask.
    busyness
        Gradients in the foreground by those in the background; 1 where one of them is missing.
    class_shares
        Of the labelled pixels, background first.
    """

    file: CheckedFile
    plane: tuple[int, ...]
    shape: tuple[int, int]
    pixel_size: float | None
    content_hash: str
    is_grey_rgb: bool
    has_coloured_mark: bool
    exposure: Exposure
    fineness: float
    unevenness: float
    broken_pixels: int
    content: Box | None
    image_text: Box | None
    field: Field
    foreground: float | None = None
    looks_swapped: bool = False
    busyness: float = 1.0
    class_shares: NDArray[np.float64] | None = None
    objects: ObjectFacts | None = None
    rings: Rings | None = None
    mask_text: Box | None = None
    alignment: Alignment | None = None
    boundaries: BoundaryProfile | None = None
    roughness: Roughness | None = None

    def image_place(self, box: Box | None = None) -> Place:
        """Return the place of a finding in the image."""
        return Place(self.file.image, self.plane, box)

    def mask_place(self, box: Box | None = None) -> Place:
        """Return the place of a finding in the mask."""
        return Place(self.file.mask or self.file.image, self.plane, box)

    def mask_files(self) -> tuple[Path, ...]:
        """Return the mask as another file of a finding, if there is one."""
        return () if self.file.mask is None else (self.file.mask,)


def digest_plane(
    file: CheckedFile,
    image: Image,
    index: tuple[int, ...],
    truth: Truth | None,
    *,
    factor: int,
    quick: bool = False,
) -> Digest:
    """Look at one plane.

    Parameters
    ----------
    file, image, index
        The plane.
    truth
        What its mask says; None without a mask or where nobody labelled the plane.
    factor
        By which fields are shrunk to be compared.
    quick
        Leave out what takes longest: registration and roughness.

    Raises
    ------
    ImageError
        If the plane holds NaN or infinite values, or is smaller than anything to be seen in it.
    """
    if min(image.height, image.width) < LEAST_SIDE:
        raise ImageError(
            f"{image.path or image.name} has {image.height} x {image.width} pixels: too few for the check to "
            "look at. Check that this is the image."
        )
    raw = read_finite(image, index)
    pixels = PlanePixels(raw, truth)
    about_mask: dict[str, Any] = {} if truth is None else _about_mask(pixels, truth, quick=quick)
    return Digest(
        file=file,
        plane=index,
        shape=(image.height, image.width),
        pixel_size=image.pixel_size.x if image.pixel_size else None,
        content_hash=hashlib.sha1(raw.tobytes(), usedforsecurity=False).hexdigest(),
        is_grey_rgb=any("RGB that is grey" in note for note in image.notes),
        has_coloured_mark=any("small mark" in note for note in image.notes),
        exposure=measure_exposure(pixels),
        fineness=measure_fineness(pixels),
        unevenness=measure_unevenness(pixels),
        broken_pixels=len(find_broken_pixels(pixels)),
        content=find_content(pixels),
        image_text=image_text(pixels),
        field=measure_field(pixels, factor),
        **about_mask,
    )


def truth_of(mask: Image, index: tuple[int, ...], reading: MaskReading) -> Truth | None:
    """Read one plane of a mask; None where it cannot be understood, which other detectors tell."""
    try:
        return reading.read(mask, index)
    except MaskError:
        return None


def _about_mask(pixels: PlanePixels, truth: Truth, *, quick: bool) -> dict[str, Any]:
    labelled = truth.classes[truth.classes >= 0]
    if not labelled.size:
        return {}
    shares = np.bincount(labelled) / labelled.size
    objects = measure_objects(pixels)
    diameter = objects.median_diameter if objects is not None else 0.0
    return {
        "foreground": float(1 - shares[0]),
        "looks_swapped": surrounds(pixels.foreground),
        "busyness": _busyness(pixels),
        "class_shares": shares,
        "objects": objects,
        "rings": measure_rings(pixels),
        "mask_text": mask_text(pixels),
        "alignment": None if quick else measure_alignment(pixels),
        "boundaries": measure_boundaries(pixels),
        "roughness": None if quick else measure_roughness(pixels, diameter),
    }


def _busyness(pixels: PlanePixels) -> float:
    inside, outside = pixels.gradient[pixels.foreground], pixels.gradient[~pixels.foreground]
    if not inside.size or not outside.size:
        return 1.0
    return float(np.median(inside) / max(float(np.median(outside)), 1e-9))
