"""Labels that were made as a layer: a new one, or as one step of undo in the one that was made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.widgets.layer_parts import FIRST_PLANE, first_plane
from napari_cytounet.widgets.layers import free_name, placed_like
from napari_cytounet.widgets.preferences import PLUGIN
from napari_cytounet.widgets.segmentation_note import note_segmentation
from napari_cytounet.widgets.thresholding.job import Labelled
from napari_cytounet.widgets.thresholding.source import Source
from napari_cytounet.widgets.thresholding.texts import made

if TYPE_CHECKING:
    import pandas as pd

UNDO_PIXELS = 2**25
"""Planes of more pixels than this together are not written as one step of undo: it would take gigabytes."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where labels go that are still to be made: looked at before, since the image may be removed meanwhile.

    Attributes
    ----------
    source
        The image.
    classes
        Names of its classes, if they have names.
    placed
        Keywords that put a layer over it.
    before
        The layer that they go into; None: a new one.
    """

    source: ImageLayer
    classes: tuple[str, ...]
    placed: Mapping[str, Any]
    before: LabelsLayer | None

    def first_free_label(self, planes: Sequence[tuple[int, ...]]) -> int:
        """Return where the labels of new objects may begin, which replace those of some planes.

        Objects of one class take the labels of those that they replace. Where there are several classes, no
        label is used twice: the features tell its class, and have to hold for what undo brings back as well.
        """
        if self.before is None:
            return 1
        labels = self.before.data
        if len(self.classes) > 1:
            return int(max(labels.max(), *self.before.features["index"])) + 1
        others = set(np.ndindex(*labels.shape[:-2])) - set(planes)
        return max((int(labels[plane].max()) for plane in others), default=0) + 1


class LabelsResult:
    """The labels layers that were made from images.

    Parameters
    ----------
    viewer
        Gets the layers.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._made: WeakKeyDictionary[ImageLayer, LabelsLayer] = WeakKeyDictionary()

    def made_before(self, layer: ImageLayer, source: Source) -> LabelsLayer | None:
        """Return the layer that was made from an image last, if labels of it can still be written there."""
        before = self._made.get(layer)
        if before is None or before not in self._viewer.layers or "index" not in before.features:
            return None
        fits = before.editable and tuple(before.data.shape) == source.labels_shape
        return before if fits else None

    def place_for(self, layer: ImageLayer, source: Source, *, into_same: bool) -> Place:
        """Return where labels of an image go, into the layer that was made before if that is wanted."""
        before = self.made_before(layer, source) if into_same else None
        return Place(layer, source.classes, placed_like(layer), before)

    def put(self, labelled: Labelled, place: Place) -> str:
        """Put labels where they belong, select their layer, and return what is to be said of it."""
        layer = place.before
        pixels = int(np.prod(labelled.labels.shape[-2:])) * len(labelled.planes)
        is_there = layer is not None and layer in self._viewer.layers
        if layer is not None and is_there and pixels <= UNDO_PIXELS:
            _write(layer, labelled, _features(labelled, place.classes))
        else:
            layer = self._add(labelled, place)
        note_segmentation(layer, labelled.planes, labelled.made_by)
        self._viewer.layers.selection.active = layer
        return made(
            len(labelled.classes),
            layer.name,
            replaced=layer is place.before,
            too_large=is_there and layer is not place.before,
        )

    def _add(self, labelled: Labelled, place: Place) -> LabelsLayer:
        layer = self._viewer.add_labels(
            labelled.labels,
            name=free_name(self._viewer, f"{place.source.name}: labels"),
            features=_features(labelled, place.classes),
            metadata={
                PLUGIN: {
                    "kind": "instances",
                    "classes": list(place.classes),
                    FIRST_PLANE: first_plane(place.source),
                }
            },
            **place.placed,
        )
        self._made[place.source] = layer
        return layer


def _write(layer: LabelsLayer, labelled: Labelled, features: pd.DataFrame) -> None:
    """Write planes into a layer as one step of undo."""
    import pandas as pd  # here: the widget opens without it

    layer.visible = True  # napari holds no slice of a layer that is not seen, and would write into none
    # What undo brings back finds its features still there.
    before = [layer.features] if len(layer.features) else []
    layer.features = pd.concat([*before, features]).drop_duplicates("index", keep="last")
    with layer.block_history():
        for plane in labelled.planes:
            new = labelled.labels[plane]
            changed = np.nonzero(np.asarray(layer.data[plane]) != new)
            where = (*(np.full(len(changed[0]), at) for at in plane), *changed)
            layer.data_setitem(where, new[changed])


def _features(labelled: Labelled, names: Sequence[str]) -> pd.DataFrame:
    """Return the table that tells the class of each object."""
    import pandas as pd

    numbers = list(labelled.classes.values())
    features: dict[str, Any] = {"index": list(labelled.classes), "class": numbers}
    if names:
        features["class_name"] = [names[number - 1] for number in numbers]
    return pd.DataFrame(features)
