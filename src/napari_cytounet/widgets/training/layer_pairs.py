"""A list of image layers and the labels layers that belong to them."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import Container, PushButton
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.layers import Layer

from napari_cytounet.widgets.layer_choice import LayerChoice
from napari_cytounet.widgets.previews import is_preview
from napari_cytounet.widgets.text import Text
from napari_cytounet.widgets.training.labelled_layers import LayerPair


class LayerPairs(Container):  # type: ignore[type-arg]
    """Any number of pairs; the choices follow the layer list.

    Parameters
    ----------
    viewer
        Whose layers can be chosen.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.rows: Container[PairRow] = Container(labels=False)
        self.rows.margins = (0, 0, 0, 0)
        self.add_button = PushButton(
            text="Add another pair", tooltip="Learn from another image and its labels as well."
        )
        title = Text("Images, and the labels painted on each:")
        super().__init__(widgets=[title, self.rows, self.add_button], labels=False)
        self.margins = (0, 0, 0, 0)
        self.add_button.clicked.connect(self.add_pair)
        self.add_pair()

    @property
    def pairs(self) -> list[LayerPair]:
        """The pairs of which both layers are there."""
        return [
            LayerPair(row.image.value, row.painted.value)
            for row in self.rows
            if row.image.value is not None and row.painted.value is not None
        ]

    def add_pair(self) -> None:
        """Add a row, with layers that no other row has where there are some."""
        row = PairRow(self._viewer)
        row.choose_unlike(list(self.rows))
        row.remove_button.clicked.connect(lambda: self.remove_pair(row))
        self.rows.append(row)
        self._allow_removing()

    def remove_pair(self, row: PairRow) -> None:
        """Take a row away; the last one stays."""
        if len(self.rows) > 1:
            self.rows.remove(row)
            row.native.deleteLater()
            self._allow_removing()
            self.changed.emit(self)

    def reset_choices(self, *_: Any) -> None:
        """Follow the layer list."""
        super().reset_choices()
        self.changed.emit(self)

    def _allow_removing(self) -> None:
        for row in self.rows:
            row.remove_button.visible = len(self.rows) > 1


class PairRow(Container):  # type: ignore[type-arg]
    """The choice of an image layer and of a labels layer."""

    def __init__(self, viewer: ViewerModel) -> None:
        self.image = TeachingLayer(viewer, ImageLayer, "The image to learn from.")
        self.painted = TeachingLayer(
            viewer,
            LabelsLayer,
            "What was painted on it: 0 is background. Of a stack, some planes are enough.",
        )
        self.remove_button = PushButton(text="✕", tooltip="Take this pair away; the layers stay.")
        self.remove_button.native.setFixedWidth(24)
        super().__init__(
            widgets=[self.image, self.painted, self.remove_button], layout="horizontal", labels=False
        )
        self.margins = (0, 0, 0, 0)

    def choose_unlike(self, others: list[PairRow]) -> None:
        """Choose layers that none of the other rows has."""
        self.image.choose_unlike([row.image.value for row in others])
        self.painted.choose_unlike([row.painted.value for row in others])


class TeachingLayer(LayerChoice):
    """A choice of layers to learn from: no previews of ours."""

    def offers(self, layer: Layer) -> bool:
        """Return whether a layer can be learnt from."""
        return super().offers(layer) and not is_preview(layer)

    def choose_unlike(self, taken: list[Layer]) -> None:
        """Choose the first layer that is not taken, if there is one."""
        free = [layer for layer in self.choices if layer not in taken]
        if free:
            self.value = free[0]
