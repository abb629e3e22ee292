"""What the layers of a prediction are: their names, colours, places and what they say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.layers import Layer
from napari.utils import DirectLabelColormap
from numpy.typing import NDArray

from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.widgets.class_colours import colours_of
from napari_cytounet.widgets.layer_parts import FIRST_PLANE, ImagePart, placed_at
from napari_cytounet.widgets.layers import free_name, layer_axes
from napari_cytounet.widgets.prediction.arrays import ResultArrays
from napari_cytounet.widgets.preferences import PLUGIN


def is_prediction(layer: Layer) -> bool:
    """Tell whether a layer holds probabilities that a model gave."""
    return _kind(layer) == "probabilities"


def holds_objects(layer: Layer) -> TypeGuard[LabelsLayer]:
    """Tell whether a layer holds the single objects of a prediction."""
    return _kind(layer) == "objects"


def _kind(layer: Layer) -> object:
    said = layer.metadata.get(PLUGIN)
    return said.get("kind") if isinstance(said, Mapping) else None


class LayerMaking:
    """Makes the layers of one prediction, placed like the layer that was predicted.

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
        self._first_plane = part.first_plane
        letters = [letter for letter in layer_axes(source)[: source.ndim] if letter != "C"]
        self._order = [list(part.ranges).index(letter) for letter in letters]
        self._card = card
        self._colours = colours_of(card)
        self._arrays = arrays

    def makers(self) -> list[Callable[[], Layer]]:
        """Return what adds each of the layers that are wanted, from the lowest to the highest."""
        arrays, card = self._arrays, self._card
        makers: list[Callable[[], Layer]] = []
        if arrays.probabilities is not None:
            of_classes = zip(arrays.probabilities, card.classes, self._colours, card.thresholds, strict=True)
            makers += [partial(self._probability_layer, *of_class) for of_class in of_classes]
        if arrays.classes is not None:
            makers.append(partial(self._class_layer, arrays.classes))
        if arrays.instances is not None:
            makers.append(partial(self._instance_layer, arrays.instances))
        return makers

    def features(self, labels: Sequence[int], classes: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Return the features of labels: the number and the name of the class of each."""
        names = [self._card.classes[number - 1] for number in classes]
        return {"index": np.array(labels), "class": np.array(classes), "class_name": np.array(names)}

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
            features=self.features(numbers, numbers),
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
                FIRST_PLANE: self._first_plane,
            }
        }
