"""The layers that a prediction makes, filled while one looks on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.layers import Layer
from napari.utils import DirectLabelColormap
from numpy.typing import NDArray

from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.layer_parts import ImagePart, placed_at
from napari_cytounet.widgets.layers import free_name, layer_axes
from napari_cytounet.widgets.prediction.arrays import ResultArrays
from napari_cytounet.widgets.prediction.job import ObjectsFound
from napari_cytounet.widgets.preferences import PLUGIN

REFRESH_SECONDS = 0.1
"""Tiles are drawn at most this often."""

REST = 3
"""How many times the duration of a drawing the next one waits: large layers must not keep the viewer busy."""


def is_prediction(layer: Layer) -> bool:
    """Tell whether a layer holds probabilities that a model gave."""
    said = layer.metadata.get(PLUGIN)
    return isinstance(said, Mapping) and said.get("kind") == "probabilities"


class PredictionLayers:
    """The results of one prediction as new layers, placed like the layer that was predicted.

    Parameters
    ----------
    viewer
        Gets the layers.
    source, part
        What is predicted: looked at now, and not needed any more afterwards.
    card
        Of the model.
    arrays
        What the layers show.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        source: ImageLayer,
        part: ImagePart,
        card: ModelCard,
        arrays: ResultArrays,
    ) -> None:
        self._viewer = viewer
        self._name = source.name
        self._placed = placed_at(source, part)
        letters = [letter for letter in layer_axes(source)[: source.ndim] if letter != "C"]
        self._order = [list(part.ranges).index(letter) for letter in letters]
        self._card = card
        self._colours = colours_of(card)
        self._arrays = arrays
        self._layers: list[Layer] = []
        self._instances: LabelsLayer | None = None
        self._object_classes: list[int] = []
        self._next_drawing = 0.0

    @property
    def are_shown(self) -> bool:
        """Whether the layers were made."""
        return bool(self._layers)

    @property
    def are_gone(self) -> bool:
        """Whether the layers were made and all of them removed."""
        return self.are_shown and not self._left()

    def show(self) -> None:
        """Add the layers to the viewer, and leave the layer selected that was."""
        active = self._viewer.layers.selection.active
        for probabilities, name, colour, threshold in self._by_class():
            self._layers.append(self._probability_layer(probabilities, name, colour, threshold))
        if self._arrays.classes is not None:
            self._layers.append(self._class_layer(self._arrays.classes))
        if self._arrays.instances is not None:
            self._instances = self._instance_layer(self._arrays.instances)
            self._layers.append(self._instances)
        self._viewer.layers.selection.active = active

    def draw(self) -> None:
        """Show what was filled in since the last time, unless that was a moment ago."""
        began = time.perf_counter()
        if began < self._next_drawing:
            return
        for layer in self._left():
            layer.refresh(thumbnail=False, highlight=False, extent=False)
        spent = time.perf_counter() - began
        self._next_drawing = began + spent + max(REFRESH_SECONDS, REST * spent)

    def add_objects(self, found: ObjectsFound) -> None:
        """Note the classes of the objects of a plane."""
        self._object_classes += found.classes
        if self._instances is not None:
            labels = range(1, len(self._object_classes) + 1)
            self._instances.features = self._features(labels, self._object_classes)

    def finish(self) -> None:
        """Show the end of it: labels can be edited from now on, and lie open to view."""
        labelled = [layer for layer in self._left() if isinstance(layer, LabelsLayer)]
        for layer in self._left():
            layer.refresh()
            if isinstance(layer, LabelsLayer):
                layer.editable = True
            elif labelled and self._object_classes:
                layer.visible = False

    def remove(self) -> None:
        """Take the layers out of the viewer."""
        for layer in self._left():
            self._viewer.layers.remove(layer)

    def _left(self) -> list[Layer]:
        return [layer for layer in self._layers if layer in self._viewer.layers]

    def _by_class(self) -> list[tuple[NDArray[np.float32], str, str, float]]:
        if self._arrays.probabilities is None:
            return []
        card = self._card
        return list(
            zip(self._arrays.probabilities, card.classes, self._colours, card.thresholds, strict=True)
        )

    def _probability_layer(
        self, probabilities: NDArray[np.float32], name: str, colour: str, threshold: float
    ) -> ImageLayer:
        return self._viewer.add_image(
            self._in_order(probabilities),
            name=free_name(self._viewer, f"{self._name}: probability of {name}"),
            contrast_limits=(0, 1),
            colormap=colour,
            blending="additive",
            metadata=self._said("probabilities", [name], [colour], [threshold]),
            **self._placed,
        )

    def _class_layer(self, classes: NDArray[np.uint8]) -> LabelsLayer:
        numbers = range(1, len(self._colours) + 1)
        colours: dict[int | None, str] = {None: "transparent", 0: "transparent"}
        return self._labels_layer(
            classes,
            "classes",
            colormap=DirectLabelColormap(color_dict=colours | dict(zip(numbers, self._colours, strict=True))),
            features=self._features(numbers, numbers),
            visible=self._arrays.instances is None or self._classes_say_more,
        )

    def _instance_layer(self, instances: NDArray[np.int32]) -> LabelsLayer:
        return self._labels_layer(
            instances, "objects", visible=self._arrays.classes is None or not self._classes_say_more
        )

    @property
    def _classes_say_more(self) -> bool:
        """Whether the class map is shown, and not the objects: those of one class look the same in both."""
        return len(self._colours) > 1

    def _labels_layer(self, labels: NDArray[Any], kind: str, **options: Any) -> LabelsLayer:
        layer = self._viewer.add_labels(
            self._in_order(labels),
            name=free_name(self._viewer, f"{self._name}: {kind}"),
            metadata=self._said(kind, self._card.classes, self._colours, self._card.thresholds),
            **options,
            **self._placed,
        )
        layer.editable = False
        return layer

    def _features(self, labels: Sequence[int], classes: Sequence[int]) -> dict[str, NDArray[Any]]:
        names = [self._card.classes[number - 1] for number in classes]
        return {"index": np.array(labels), "class": np.array(classes), "class_name": np.array(names)}

    def _in_order(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values with their axes in the order of the layer that was predicted."""
        return values.transpose(self._order)

    def _said(self, kind: str, classes: Any, colours: Any, thresholds: Any) -> dict[str, Any]:
        return {
            PLUGIN: {
                "kind": kind,
                "classes": list(classes),
                "colours": list(colours),
                "thresholds": list(thresholds),
            }
        }
