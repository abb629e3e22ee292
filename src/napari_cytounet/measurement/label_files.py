"""Label files and their images, as planes of objects that are ready to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.pairing import pair_files
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.measurement.results import label_kind, objects_of, open_labels, read_labels, result_kind
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_cytounet.images.image import Image
    from napari_cytounet.images.pixel_size import PixelSize


_PATCHES = (
    "They tell no single objects: every connected patch of a class counts as one object, so that objects "
    "that touch count as one."
)


@dataclass(frozen=True, eq=False)
class LabelledPlane:
    """One plane to measure.

    Attributes
    ----------
    place
        Where it lies in its stack, such as `T=3 Z=0`; empty for a single image.
    instances
        Labels of the objects, (Y, X).
    instance_classes
        Class of each label, where the labels tell classes.
    image
        Intensities (C, Y, X), if there is an image.
    pixel_size
        In micrometres, if the image or the labels tell.
    """

    place: str
    instances: NDArray[np.int32]
    instance_classes: dict[int, int] | None
    image: NDArray[Any] | None
    pixel_size: PixelSize | None


@dataclass(frozen=True)
class LabelFiles:
    """Label files, each with the image that it belongs to.

    Attributes
    ----------
    paths
        Files of labels and, where there are any, of images.
    settings
        How image files are read.
    reading
        How labels are read that do not say themselves what they hold.
    kinds
        What the files hold.
    channels
        The most that an image has.
    has_pixel_size
        Whether some file has one.
    """

    paths: tuple[tuple[Path, Path | None], ...]
    settings: ImageSettings
    reading: MaskReading
    kinds: frozenset[MaskKind]
    channels: int
    has_pixel_size: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about how the files are read."""
        read_as = f"The labels are read as {self.reading.kind}: {self.reading.reason}."
        return (read_as,) if self.kinds == {MaskKind.INSTANCES} else (read_as, _PATCHES)

    def planes(self, number: int) -> Iterator[LabelledPlane]:
        """Read the planes of one file, without those that nobody labelled.

        Raises
        ------
        ImageError
            If labels and image differ in size.
        """
        label_path, image_path = self.paths[number]
        labels, image = _open(label_path, image_path, self.settings)
        if image is not None and _size(image) != _size(labels):
            raise ImageError(
                f"{label_path} has {_describe(labels)} and its image {image_path} {_describe(image)}. Labels "
                "must lie pixel by pixel on their image: give both of the same field and at the same scale."
            )
        for index in labels.planes:
            plane = read_labels(labels, index, self.reading)
            if plane is None:
                continue
            instances, classes = objects_of(plane), None
            if label_kind(labels, self.reading) is MaskKind.CLASSES:
                numbers, first = np.unique(instances, return_index=True)
                classes = dict(zip(numbers.tolist(), plane.classes.flat[first].tolist(), strict=True))
            yield LabelledPlane(
                place=labels.plane_name(index).removeprefix(labels.name).strip(),
                instances=instances,
                instance_classes=classes,
                image=None if image is None else image.read(index),
                pixel_size=_pixel_size(labels, image),
            )


def find_label_files(
    labels: Path, image: Path | None, masks: MaskSettings, images: ImageSettings
) -> LabelFiles:
    """Find label files and their images, and look at what they have; one of them is in memory at a time.

    Parameters
    ----------
    labels, image
        Folders or files.
    masks
        What labels hold that do not say it themselves, and how files find each other.
    images
        How files are read.

    Raises
    ------
    PairingError
        If a file has no partner.
    MaskError
        If the labels cannot be understood.
    """
    paths: tuple[tuple[Path, Path | None], ...] = tuple((path, None) for path in find_images(labels))
    if image is not None:
        pairs = pair_files(find_images(image), [path for path, _ in paths], masks.pairing)
        paths = tuple((pair.mask, pair.image) for pair in pairs)
    others, kinds = [], set()
    channels, has_pixel_size = 0, False
    for label_path, image_path in paths:
        labelled, intensities = _open(label_path, image_path, images)
        kind = result_kind(labelled)
        if kind is None:
            others.append(label_path)
        else:
            kinds.add(kind)
        channels = max(channels, 0 if intensities is None else intensities.channels)
        has_pixel_size |= _pixel_size(labelled, intensities) is not None
    if others:
        reading = understand_masks(ImageFiles(others, images), masks)
    else:
        reading = MaskReading(max(kinds), "the files say so")
    return LabelFiles(paths, images, reading, frozenset(kinds | {reading.kind}), channels, has_pixel_size)


def _open(label_path: Path, image_path: Path | None, settings: ImageSettings) -> tuple[Image, Image | None]:
    labels = open_labels(label_path, settings)
    return labels, None if image_path is None else open_image(image_path, settings)


def _pixel_size(labels: Image, image: Image | None) -> PixelSize | None:
    return labels.pixel_size if image is None or image.pixel_size is None else image.pixel_size


def _size(image: Image) -> tuple[list[tuple[int, ...]], int, int]:
    return image.planes, image.height, image.width


def _describe(image: Image) -> str:
    planes = f" in {len(image.planes)} planes ({image.plane_axes})" if image.plane_axes else ""
    return f"{image.width} x {image.height} pixels{planes}"
