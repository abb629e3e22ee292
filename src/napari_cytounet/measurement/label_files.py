"""Label files and their images, as planes of objects that are ready to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.notes import counted_notes
from napari_cytounet.images.object_categories import class_of_labels, object_categories
from napari_cytounet.images.pairing import not_annotated, pair_files
from napari_cytounet.images.reading import find_images, find_masks, open_image
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.measurement.object_classes import (
    classes_from_map,
    classes_of_objects,
    open_class_map,
    several_class_names,
)
from napari_cytounet.measurement.results import label_kind, objects_of, read_labels, result_kind
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
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
    position
        The same by its axes, T and Z as far as they are there.
    instances
        Labels of the objects, (Y, X).
    instance_classes
        Class of each label, where the labels tell classes.
    class_names
        Names of class 1, 2, …, where there are several and the labels name them.
    image
        Intensities (C, Y, X), if there is an image.
    pixel_size
        In micrometres, if the image or the labels tell.
    """

    place: str
    position: dict[str, int]
    instances: NDArray[np.int32]
    instance_classes: dict[int, int] | None
    class_names: tuple[str, ...]
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
    has_pixel_size, has_classes, has_class_names
        Whether some file has one, tells the classes of its objects, and names them.
    read_notes
        What was guessed while each of the files was read.
    left_out
        A note on images that annotations tell nothing of.
    """

    paths: tuple[tuple[Path, Path | None], ...]
    settings: ImageSettings
    reading: MaskReading
    kinds: frozenset[MaskKind]
    channels: int
    has_pixel_size: bool
    has_classes: bool
    has_class_names: bool
    read_notes: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about how the files are read."""
        read_as = f"The labels are read as {self.reading.kind}: {self.reading.reason}."
        guessed = tuple(notice.text for notice in counted_notes(self.read_notes))
        patches = () if self.kinds == {MaskKind.INSTANCES} else (_PATCHES,)
        return (read_as, *patches, *guessed, *self.left_out)

    def planes(self, number: int) -> Iterator[LabelledPlane]:
        """Read the planes of one file, without those that nobody labelled.

        Raises
        ------
        ImageError
            If labels and image differ in size.
        MaskError
            If the class map beside the labels does not belong to them.
        """
        label_path, image_path = self.paths[number]
        labels, image = _open(label_path, image_path, self.settings)
        if image is not None and _size(image) != _size(labels):
            raise ImageError(
                f"{label_path} has {_describe(labels)} and its image {image_path} {_describe(image)}. Labels "
                "must lie pixel by pixel on their image: give both of the same field and at the same scale."
            )
        class_map = open_class_map(labels)
        for index in labels.planes:
            plane = read_labels(labels, index, self.reading)
            if plane is None:
                continue
            instances, classes = objects_of(plane), None
            categories = object_categories([labels])
            if categories:
                classes = dict(enumerate(class_of_labels(labels, categories).tolist()))
            elif label_kind(labels, self.reading) is MaskKind.CLASSES:
                classes = classes_of_objects(instances, plane.classes)
            elif class_map is not None:
                classes = classes_from_map(instances, class_map, index)
            yield LabelledPlane(
                place=labels.plane_place(index),
                position=dict(zip(labels.plane_axes, index, strict=True)),
                instances=instances,
                instance_classes=classes,
                class_names=categories or several_class_names(labels),
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
    left_out: tuple[str, ...] = ()
    paths: tuple[tuple[Path, Path | None], ...] = tuple((path, None) for path in find_masks(labels))
    if image is not None:
        found = find_images(image)
        pairs = pair_files(found, [path for path, _ in paths], masks.pairing)
        left_out = not_annotated(found, pairs)
        paths = tuple((pair.mask, pair.image) for pair in pairs)
    others, kinds = [], set()
    channels, has_pixel_size, has_classes, has_class_names = 0, False, False, False
    notes: list[tuple[str, ...]] = []
    for label_path, image_path in paths:
        labelled, intensities = _open(label_path, image_path, images)
        kind = result_kind(labelled)
        if kind is None:
            others.append(label_path)
        else:
            kinds.add(kind)
        channels = max(channels, 0 if intensities is None else intensities.channels)
        has_pixel_size |= _pixel_size(labelled, intensities) is not None
        categories = object_categories([labelled])
        has_classes |= bool(categories) or open_class_map(labelled) is not None
        has_class_names |= bool(categories or several_class_names(labelled))
        notes += [opened.notes for opened in (labelled, intensities) if opened is not None]
    if others:
        reading = understand_masks(ImageFiles(others, images), masks)
    else:
        reading = MaskReading(max(kinds), "the files say so")
    all_kinds = frozenset(kinds | {reading.kind})
    return LabelFiles(
        paths=paths,
        settings=images,
        reading=reading,
        kinds=all_kinds,
        channels=channels,
        has_pixel_size=has_pixel_size,
        has_classes=has_classes or MaskKind.CLASSES in all_kinds,
        has_class_names=has_class_names,
        read_notes=tuple(notes),
        left_out=left_out,
    )


def _open(label_path: Path, image_path: Path | None, settings: ImageSettings) -> tuple[Image, Image | None]:
    labels = open_image(label_path, settings, labels_of=image_path)
    return labels, None if image_path is None else open_image(image_path, settings)


def _pixel_size(labels: Image, image: Image | None) -> PixelSize | None:
    return labels.pixel_size if image is None or image.pixel_size is None else image.pixel_size


def _size(image: Image) -> tuple[list[tuple[int, ...]], int, int]:
    return image.planes, image.height, image.width


def _describe(image: Image) -> str:
    return f"{image.size_in_words} ({image.plane_axes})" if image.plane_axes else image.size_in_words
