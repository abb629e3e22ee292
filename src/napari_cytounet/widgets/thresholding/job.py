"""What follows the hand at a distance: cleaning what the preview shows, and labelling whole planes.

The engine is imported where it is first used, in a thread: the widget opens without it.
"""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.events import Event
from napari_cytounet.images.image import Image
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.thresholding.field import Field
from napari_cytounet.widgets.thresholding.source import Source

if TYPE_CHECKING:
    from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels

LABEL = np.dtype(np.int32)
"""Type of the labels: napari's own choice, and room for any number of objects."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """What became of the preview after cleaning.

    Attributes
    ----------
    classes
        Class map (Y, X), with a line of background between objects that were split.
    count
        Number of objects.
    """

    classes: NDArray[Any]
    count: int


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels of some planes of an image.

    Attributes
    ----------
    labels
        Of the shape of the whole stack, in the order of the layer's axes; 0 in planes that were not labelled.
    planes
        Those that were, as indices into `labels`.
    classes
        Number of the class of each object, by label.
    made_by
        For each plane, what made it: the settings, and the threshold of each class (None: no contrast), as
        JSON can hold them.
    """

    labels: NDArray[np.int32]
    planes: tuple[tuple[int, ...], ...]
    classes: dict[int, int]
    made_by: tuple[dict[str, Any], ...]


def clean(
    field: Field, thresholds: Sequence[float], settings: ThresholdSettings, cancel: threading.Event
) -> Cleaned:
    """Do to the preview all that the engine does to a plane.

    Raises
    ------
    Cancelled
        Nobody wants it any more.
    """
    from napari_cytounet.segmentation.segmenting import classify, segment_classes

    classes = classify(field.pixels, thresholds, settings)
    if cancel.is_set():
        raise Cancelled("No longer wanted.")
    found = segment_classes(classes, settings)
    shown = found.classes
    if settings.split_touching:
        shown = np.where(_splits(found.instances, shown), 0, shown).astype(shown.dtype)
    return Cleaned(shown, found.count)


def _splits(instances: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where the next pixel below or to the right belongs to another object of the same class."""
    splits = np.zeros(instances.shape, bool)
    below, right = (slice(1, None), slice(None)), (slice(None), slice(1, None))
    above, left = (slice(None, -1), slice(None)), (slice(None), slice(None, -1))
    for here, there in ((above, below), (left, right)):
        apart = instances[here] != instances[there]
        splits[here] |= apart & (classes[here] == classes[there]) & (classes[here] > 0)
    return splits


def labelling(
    source: Source,
    planes: Sequence[tuple[int, ...]],
    thresholds: Sequence[float] | None,
    settings: ThresholdSettings,
    first: int = 1,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, Labelled]:
    """Label planes of an image; a generator of events.

    Parameters
    ----------
    source
        The image.
    planes
        Their indices over the stack's axes.
    thresholds
        One a channel; None: found in every plane by the method of the settings.
    settings
        How.
    first
        Label of the first object; all planes together are numbered on from it.
    cancel
        Looked at before every band of rows.

    Raises
    ------
    Cancelled
        The flag was set.
    ImageError
        The labels would not fit into memory, or a plane holds NaN or infinity.
    SettingsError
        Touching objects are to be split in planes too large for that.
    """
    from napari_cytounet.segmentation.label_spool import label_spool
    from napari_cytounet.segmentation.plane_labels import label_plane
    from napari_cytounet.segmentation.segmented_image import planes_done

    refuse(source.image, len(planes), settings)
    labels = np.zeros(source.labels_shape, LABEL)
    classes: dict[int, int] = {}
    made_by: list[dict[str, Any]] = []
    offset = first - 1
    with label_spool(Path(tempfile.gettempdir())) as spool:
        for number, index in enumerate(planes):
            work = label_plane(source.image, index, thresholds, settings, spool, cancel)
            found = yield from planes_done(work, number, len(planes))
            _write_plane(labels[source.in_layer(index)], found, offset, spool)
            classes |= dict(enumerate(found.classes[1:].tolist(), start=offset + 1))
            made_by.append(_made_by(settings, found.thresholds))
            offset += found.count
    return Labelled(labels, tuple(map(source.in_layer, planes)), classes, tuple(made_by))


def _made_by(settings: ThresholdSettings, thresholds: Sequence[float]) -> dict[str, Any]:
    known = [None if math.isnan(threshold) else threshold for threshold in thresholds]
    return settings.model_dump() | {"thresholds": known}


def refuse(image: Image, planes: int, settings: ThresholdSettings) -> None:
    """Refuse what would not fit into memory.

    Raises
    ------
    SettingsError
        Touching objects are to be split in planes too large for that.
    ImageError
        The labels of so many planes take more memory than is free.
    """
    import psutil  # napari brings it

    from napari_cytounet.segmentation.plane_labels import refuse_unsplittable

    refuse_unsplittable(image, settings)
    needed = image.height * image.width * planes * LABEL.itemsize
    free = psutil.virtual_memory().available
    if needed > free:
        raise ImageError(
            f"The labels of {image.name} would take {needed / 1e9:.1f} GB of memory, but {free / 1e9:.1f} GB "
            "are free. Label fewer planes, or use the command `cytounet threshold`, which works on files of "
            "any size."
        )


def _write_plane(plane: NDArray[np.int32], found: PlaneLabels, offset: int, spool: LabelSpool) -> None:
    of_label = np.where(found.final > 0, found.final + offset, 0).astype(LABEL)
    for rows, number in found.bands:
        plane[rows] = of_label[spool.get(number)]
