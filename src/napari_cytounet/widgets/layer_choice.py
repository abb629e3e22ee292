"""Choosing one of the viewer's layers."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox
from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtWidgets import QComboBox


class LayerChoice(ComboBox):
    """A choice of layers of one kind that keeps its layer when layers are renamed, moved or added.

    Parameters
    ----------
    viewer
        Whose layers.
    kind
        What kind of layers.
    tooltip
        What the layer is for.
    known
        More about the widget, such as its label, and whether it may be left empty (`nullable`).
    """

    def __init__(self, viewer: ViewerModel, kind: type[Layer], tooltip: str, **known: Any) -> None:
        self._viewer, self._kind = viewer, kind
        super().__init__(choices=self._layers, tooltip=tooltip, **known)
        self.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.native.setMinimumContentsLength(6)

    def offers(self, layer: Layer) -> bool:
        """Return whether a layer can be chosen."""
        return isinstance(layer, self._kind)

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list."""
        chosen = self.value
        super().reset_choices()
        if chosen in self.choices:
            self.value = chosen

    def _layers(self, _: object) -> list[tuple[str, Layer]]:
        return [(layer.name, layer) for layer in self._viewer.layers if self.offers(layer)]
