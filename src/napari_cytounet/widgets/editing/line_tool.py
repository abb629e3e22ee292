"""A line that is drawn by hand over a labels layer, again and again, until the tool is put away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Shapes
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_cytounet.widgets.layers import free_name, placed_like


class LineTool:
    """A layer above a labels layer on which lines are drawn; each goes away as soon as it was used.

    Undo on it undoes in the labels.

    Parameters
    ----------
    viewer, labels
        Where, and over what.
    name
        Of the layer: tells what a line does.
    on_line
        Called with the corners of each line, (N, dimensions), in pixels of the labels.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        labels: Labels,
        name: str,
        on_line: Callable[[NDArray[np.float64]], object],
    ) -> None:
        self._viewer, self._labels, self._on_line = viewer, labels, on_line
        self._shapes: Shapes = viewer.add_shapes(
            ndim=labels.ndim,
            name=free_name(viewer, name),
            edge_width=1,
            edge_color="yellow",
            face_color="transparent",
            **placed_like(labels, dimensions=range(labels.ndim)),
        )
        self._shapes.mode = "add_path"
        self._shapes.bind_key("Control-Z", lambda _: labels.undo(), overwrite=True)
        self._shapes.bind_key("Control-Shift-Z", lambda _: labels.redo(), overwrite=True)
        self._shapes.events.data.connect(self._take)

    @property
    def is_there(self) -> bool:
        """Whether lines can still be drawn: neither layer was removed."""
        return self._shapes in self._viewer.layers and self._labels in self._viewer.layers

    def put_away(self) -> None:
        """Remove the layer, and select the labels again."""
        self._shapes.events.data.disconnect(self._take)
        if self._shapes in self._viewer.layers:
            self._viewer.layers.remove(self._shapes)
        if self._labels in self._viewer.layers:
            self._viewer.layers.selection.active = self._labels

    def _take(self, event: Any) -> None:
        if event.action == "added" and len(self._shapes.data):
            QTimer.singleShot(0, self._use)  # napari has not finished drawing it

    def _use(self) -> None:
        lines = [np.asarray(line, float) for line in self._shapes.data]
        with self._shapes.events.data.blocker(self._take):
            self._shapes.data = []
        for line in lines:
            self._on_line(line)
