"""The objects of one labels layer, measured plane by plane; knows neither Qt nor napari."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, ImageError, MaskError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.image import Image
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.widgets.checksum import checksum
from napari_cytounet.widgets.object_classes import ObjectClasses

__all__ = ["Columns", "ObjectMeasurements", "measuring_planes"]

Columns = dict[str, NDArray[Any]]
Plane = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ObjectMeasurements:
    """What was measured.

    Attributes
    ----------
    name
        Of the labels.
    columns
        The table as `cytounet measure` writes it, a row an object: `image`, `plane`, then the columns of
        `measure_objects`, with a `class_name` after the `class` where classes have names.
    planes
        Index of the plane of each object, (N, number of plane axes).
    plane_axes
        What these indices count: "TZ", "T", "Z" or "".
    pixel_size
        In micrometres, if known.
    pixels
        Pixels of all planes that were measured.
    checksums
        Of the labels of each plane, to tell later whether they changed.
    notes
        What the user should know about these numbers.
    """

    name: str
    columns: Columns
    planes: NDArray[np.intp]
    plane_axes: str
    pixel_size: PixelSize | None
    pixels: int
    checksums: Mapping[Plane, int]
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.columns["label"])

    @property
    def area_column(self) -> str:
        """Name of the column of areas: in square micrometres where they are known."""
        return "area_px" if self.pixel_size is None else "area_um2"

    def positions(self, axes: str) -> NDArray[np.float64]:
        """Return the centres of the objects in pixels, (N, number of axes), in the order of `axes`."""
        places = {letter: self.planes[:, i] for i, letter in enumerate(self.plane_axes)} | {
            "Y": self.columns["centroid_y_px"],
            "X": self.columns["centroid_x_px"],
        }
        return np.stack([np.asarray(places[letter], float) for letter in axes], axis=-1)


def measuring_planes(
    labels: Image,
    planes: Sequence[Plane],
    *,
    opener: Callable[[], Image] | None = None,
    classes: ObjectClasses | None = None,
    first_plane: Mapping[str, int] = MappingProxyType({}),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, ObjectMeasurements]:
    """Measure the objects of some planes; yields `Progress` in planes.

    Parameters
    ----------
    labels
        Instance labels.
    planes
        Which of its planes.
    opener
        Opens the image whose intensities are measured, of the same planes and size.
    classes
        Of the objects, if known. Objects that they do not name get class 0.
    first_plane
        Where the first plane of the labels lies in the image that they were made of: planes are called so.
    cancel
        Looked at before every plane, and every batch of objects.

    Raises
    ------
    Cancelled
        The flag was set.
    ImageError
        The image and the labels differ in size or planes.
    MaskError
        The planes hold no object.
    """
    from napari_cytounet.measurement.objects import measuring_objects  # here: scikit-image takes a while

    image = None if opener is None else opener()
    _check_sizes(labels, image)
    pixel_size = labels.pixel_size or (None if image is None else image.pixel_size)
    tables: list[Columns] = []
    indices: list[NDArray[np.intp]] = []
    checksums: dict[Plane, int] = {}
    for done, index in enumerate(planes):
        plane = labels.read(index)[0]
        checksums[index] = checksum(plane)
        intensities = None if image is None else image.read(index)
        batches = measuring_objects(plane, intensities, pixel_size, _classes_of(plane, classes))
        columns = _named(dict((yield from _telling(batches, done, len(planes), cancel))), classes)
        rows = len(columns["label"])
        place = labels.plane_place(index, first_plane)
        tables.append({"image": np.full(rows, labels.name), "plane": np.full(rows, place)} | columns)
        indices.append(np.broadcast_to(np.array(index, np.intp), (rows, len(index))))
    yield Progress("planes", len(planes), len(planes))
    joined = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    if not len(joined["label"]):
        where = "this plane" if len(planes) < len(labels.planes) else "the layer"
        raise MaskError(
            f"The layer {labels.name} holds no object: {where} is 0 everywhere. Choose other labels, or "
            "paint some."
        )
    return ObjectMeasurements(
        name=labels.name,
        columns=joined,
        planes=np.concatenate(indices),
        plane_axes=labels.plane_axes,
        pixel_size=pixel_size,
        pixels=len(planes) * labels.height * labels.width,
        checksums=checksums,
        notes=_notes(joined, image),
    )


def _check_sizes(labels: Image, image: Image | None) -> None:
    if labels.channels > 1:
        raise ImageError(f"The layer {labels.name} has channels. Split it, and measure one of them.")
    if image is None or (image.planes, image.height, image.width) == (
        labels.planes,
        labels.height,
        labels.width,
    ):
        return
    raise ImageError(
        f"The image {image.name} has {image.size_in_words}, but the labels {labels.name} have "
        f"{labels.size_in_words}. Choose an image of the same field at the same scale, or no image."
    )


def _telling(
    batches: Generator[float, None, Any], plane: int, planes: int, cancel: threading.Event | None
) -> Generator[Event, None, Columns]:
    """Turn the share of one plane into progress over all of them, and stop between batches."""
    share = 0.0
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped after {plane} of {planes} planes: the table is as it was.")
        yield Progress("planes", plane + share, planes)
        try:
            share = next(batches)
        except StopIteration as end:
            columns: Columns = end.value
            return columns


def _classes_of(labels: NDArray[Any], classes: ObjectClasses | None) -> dict[int, int] | None:
    if classes is None:
        return None
    return {label: classes.of_label.get(label, 0) for label in np.unique(labels).tolist()}


def _named(columns: Columns, classes: ObjectClasses | None) -> Columns:
    """Return columns with a `class_name` after the `class`, where classes have names."""
    if classes is None or not classes.names:
        return columns
    named = np.array([classes.names.get(number, "") for number in columns["class"].tolist()], np.str_)
    return {
        name: column
        for known, values in columns.items()
        for name, column in [(known, values), *([("class_name", named)] if known == "class" else [])]
    }


def _notes(columns: Columns, image: Image | None) -> tuple[str, ...]:
    notes = []
    if image is not None:
        means = [values for name, values in columns.items() if name.startswith("mean_intensity")]
        unknown = int(np.any(np.isnan(means), axis=0).sum())
        if unknown:
            notes.append(
                f"The image {image.name} holds NaN inside {unknown} of the objects: their intensities are "
                "left empty."
            )
    without = int(np.count_nonzero(columns["class"] == 0)) if "class" in columns else 0
    if without:
        notes.append(f"The layer does not tell the class of {without} of the objects: it is given as 0.")
    return tuple(notes)
