"""The objects of one labels layer against the true ones of another; knows neither Qt nor napari."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, MaskError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.checksum import checksum

if TYPE_CHECKING:
    from napari_cytounet.images.truth import Truth
    from napari_cytounet.measurement.image_scores import ImageScores
    from napari_cytounet.measurement.object_errors import ObjectError

# The room of measurement loads SciPy and scikit-image: a widget opens without them.

Plane = tuple[int, ...]


@dataclass(frozen=True)
class LabelsToCompare:
    """Labels, and what is known of their values.

    Attributes
    ----------
    image
        The labels.
    is_class_map
        Whether each value is a class.
    first_plane
        Where the first plane lies in the image that the labels were made of: planes are called so.
    """

    image: Image
    is_class_map: bool
    first_plane: Mapping[str, int] = field(default_factory=dict)

    def tell_objects(self) -> bool:
        """Return whether each value is an object: of a class map, or where there is one value, none is."""
        if self.is_class_map:
            return False
        seen: set[int] = set()
        for index in self.image.planes:
            values = self.image.read(index)[0]
            seen |= set(np.unique(values[values > 0]).tolist())
            if len(seen) > 1:
                return True
        return False


@dataclass(frozen=True, eq=False)
class ObjectComparison:
    """What came of it.

    Attributes
    ----------
    scores
        Of all planes together.
    errors
        The objects that went wrong, each with the index of its plane.
    told_by_values
        Whether objects are those that values tell, of what was found and of the truth. If not, they are the
        connected patches of a value, numbered anew.
    checksums
        Of the planes of what was found and of the truth, to tell later whether they changed.
    """

    scores: ImageScores
    errors: tuple[tuple[Plane, ObjectError], ...]
    told_by_values: tuple[bool, bool]
    checksums: tuple[Mapping[Plane, int], Mapping[Plane, int]]


def comparing_planes(
    found: LabelsToCompare, truth: LabelsToCompare, cancel: threading.Event | None = None
) -> Generator[Event, None, ObjectComparison]:
    """Compare the objects of all planes; yields `Progress` in planes.

    Parameters
    ----------
    found, truth
        Of the same field at the same scale.
    cancel
        Looked at before every plane.

    Raises
    ------
    Cancelled
        The flag was set.
    MaskError
        If they differ in size or planes, or neither holds an object.
    """
    from napari_cytounet.measurement.image_scores import score_image

    planes = truth.image.planes
    _check_sizes(found.image, truth.image)
    told = (found.tell_objects(), truth.tell_objects())
    pooled: ImageScores | None = None
    errors: list[tuple[Plane, ObjectError]] = []
    checksums: tuple[dict[Plane, int], dict[Plane, int]] = ({}, {})
    for done, index in enumerate(planes):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped after {done} of {len(planes)} planes: nothing was compared.")
        yield Progress("planes", done, len(planes))
        values, true_values = (labels.image.read(index)[0] for labels in (found, truth))
        checksums[0][index], checksums[1][index] = checksum(values), checksum(true_values)
        scores = score_image(
            _objects(values, told[0]),
            _objects(true_values, told[1]),
            name=found.image.name,
            plane=found.image.plane_place(index, found.first_plane),
        )
        if scores.objects is not None:
            errors += [(index, error) for error in scores.objects.errors]
        pooled = scores if pooled is None else pooled + scores
    yield Progress("planes", len(planes), len(planes))
    if pooled is None or pooled.objects is None or not pooled.objects.matches.any():
        raise MaskError(
            f"Neither {found.image.name} nor {truth.image.name} holds an object: they are 0 everywhere. "
            "Choose other labels."
        )
    return ObjectComparison(pooled, tuple(errors), told, checksums)


def _objects(values: NDArray[Any], by_value: bool) -> Truth:
    """Return the objects of a plane, and where any is; what is below 0 is background."""
    from napari_cytounet.images.truth import Truth
    from napari_cytounet.segmentation.instances import label_objects

    labels = np.maximum(values, 0)
    objects = labels if by_value else label_objects(labels)
    return Truth((labels > 0).astype(np.int16), objects.astype(np.int64))


def _check_sizes(found: Image, truth: Image) -> None:
    for labels in (found, truth):
        if labels.channels > 1:
            raise MaskError(f"The layer {labels.name} has channels. Split it, and compare one of them.")
    if (found.planes, found.height, found.width) != (truth.planes, truth.height, truth.width):
        raise MaskError(
            f"{found.name} has {found.size_in_words}, but {truth.name} has {truth.size_in_words}. "
            "Choose labels of the same field at the same scale."
        )
