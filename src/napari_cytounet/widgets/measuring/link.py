"""The tie between the rows of a table and the objects of a labels layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from napari_cytounet.errors import ImageError
from napari_cytounet.widgets.layer_parts import shown_plane
from napari_cytounet.widgets.layers import layer_axes
from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements
from napari_cytounet.widgets.measuring.table import ObjectTable
from napari_cytounet.widgets.places import show_place


class ObjectLink:
    """A row selected highlights its object; an object picked in the layer selects its row.

    Parameters
    ----------
    viewer
        Where.
    layer
        The labels.
    measured
        Its objects.
    table
        Shows them.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        layer: Labels,
        measured: ObjectMeasurements,
        table: ObjectTable,
    ) -> None:
        self._viewer, self._layer = viewer, layer
        self._measured, self._table = measured, table
        self._positions = measured.positions(layer_axes(layer))
        self._points_out = False
        layer.events.selected_label.connect(self._follow)

    def cut(self) -> None:
        """Let the table follow the layer no longer."""
        self._layer.events.selected_label.disconnect(self._follow)

    def point_out(self, number: int) -> None:
        """Highlight an object: its plane is shown and its label selected."""
        self._points_out = True
        show_place(self._viewer, self._layer, self._positions[number], centre=False)
        self._layer.selected_label = int(self._measured.columns["label"][number])
        self._points_out = False

    def go_to(self, number: int) -> None:
        """Move the camera to an object."""
        show_place(self._viewer, self._layer, self._positions[number], centre=True)

    def _follow(self, _event: Any) -> None:
        if self._points_out:
            return
        try:
            plane = shown_plane(self._viewer, self._layer).planes[0]
        except ImageError:
            return  # the sliders stand beyond the layer: no object of it can be seen
        is_it = self._measured.columns["label"] == self._layer.selected_label
        here = np.flatnonzero(is_it & np.all(self._measured.planes == plane, axis=1))
        if len(here):
            self._table.follow(int(here[0]))
