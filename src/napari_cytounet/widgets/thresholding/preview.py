"""The layer that shows what a threshold would make, while the user looks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.utils import DirectLabelColormap
from numpy.typing import NDArray

from napari_cytounet.widgets.layer_parts import ImagePart, placed_at
from napari_cytounet.widgets.layers import free_name
from napari_cytounet.widgets.previews import mark_preview

OPACITY = 0.6


class ThresholdPreview:
    """A labels layer of ours over the part of an image that is in sight; nobody edits it.

    Parameters
    ----------
    viewer
        Gets the layer when there is something to show.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._shown: tuple[ImageLayer, tuple[str, ...]] | None = None
        self._hidden_by_us = False
        self.layer: LabelsLayer | None = None

    @property
    def was_taken_away(self) -> bool:
        """Whether somebody else removed the layer."""
        return self.layer is not None and self.layer not in self._viewer.layers

    def show(self, over: ImageLayer, part: ImagePart, colours: Sequence[str], classes: NDArray[Any]) -> None:
        """Show a class map over a part of a layer.

        Parameters
        ----------
        over
            The layer.
        part
            The part of it.
        colours
            One a class.
        classes
            Class map (Y, X) of the part.
        """
        if self._shown != (over, tuple(colours)):
            self.remove()
        values = classes.astype(np.uint8, copy=False).reshape(part.shape)
        if self.layer is None:
            self.layer = self._new_layer(over, part, colours, values)
            self._shown = (over, tuple(colours))
            return
        self._fit(self.layer, placed_at(over, part), values)
        if self._hidden_by_us:
            self._hidden_by_us = False
            self._lift(self.layer)
            self.layer.visible = True

    def hide(self) -> None:
        """Show nothing until there is something to show."""
        if self.layer is not None and self.layer.visible:
            self._hidden_by_us = True
            self.layer.visible = False

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer, self.layer, self._shown, self._hidden_by_us = self.layer, None, None, False
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _new_layer(
        self, over: ImageLayer, part: ImagePart, colours: Sequence[str], values: NDArray[Any]
    ) -> LabelsLayer:
        of_class: dict[int | None, str] = {None: "transparent", 0: "transparent"}
        active = self._viewer.layers.selection.active
        layer = LabelsLayer(
            values.copy(),
            name=free_name(self._viewer, f"{over.name}: threshold preview"),
            colormap=DirectLabelColormap(color_dict=of_class | dict(enumerate(colours, start=1))),
            opacity=OPACITY,
            **placed_at(over, part),
        )
        mark_preview(layer, "threshold")  # before the widgets that offer layers see it
        self._viewer.add_layer(layer)
        layer.editable = False
        self._viewer.layers.selection.active = active
        return layer

    def _lift(self, layer: LabelsLayer) -> None:
        """Lay the layer over those that were made meanwhile."""
        layers = self._viewer.layers
        if layers[-1] != layer:
            layers.move(layers.index(layer), len(layers))

    def _fit(self, layer: LabelsLayer, placed: dict[str, Any], values: NDArray[Any]) -> None:
        """Show other values in the layer, which is moved only if it has to."""
        if layer.data.shape != values.shape:
            layer.data = values.copy()
        else:
            np.copyto(layer.data, values)
            layer.refresh(thumbnail=False, highlight=False, extent=False)
        for name, value in placed.items():
            if not _equal(getattr(layer, name), value):
                setattr(layer, name, value)


def _equal(one: Any, other: Any) -> bool:
    """Tell whether an attribute of a layer is what `placed_at` says."""
    if isinstance(one, tuple):
        return one == tuple(other)
    return np.array_equal(getattr(one, "affine_matrix", one), other)
