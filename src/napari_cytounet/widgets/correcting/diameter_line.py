"""Measuring a typical object by a line that the user draws across it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Shapes
from qtpy.QtCore import QTimer

from napari_cytounet.widgets.layers import free_name

HINT = "Draw a line across a typical object"


class DiameterLine:
    """A layer to draw one line on, which goes away when it is drawn.

    Parameters
    ----------
    viewer, image
        Where, and on what.
    on_length
        Called with the length in pixels of the image.
    """

    def __init__(self, viewer: ViewerModel, image: ImageLayer, on_length: Callable[[float], object]) -> None:
        self._viewer, self._image, self._on_length = viewer, image, on_length
        self._shapes: Shapes = viewer.add_shapes(
            ndim=2, name=free_name(viewer, HINT), edge_width=2, edge_color="yellow"
        )
        self._shapes.mode = "add_line"
        self._shapes.events.data.connect(self._take)

    def _take(self, event: Any) -> None:
        if event.action != "added" or not len(self._shapes.data):
            return
        start, end = (np.asarray(self._shapes.data_to_world(corner)) for corner in self._shapes.data[-1])
        scale = np.abs(np.asarray(self._image.scale))[-2:]
        self._on_length(float(np.linalg.norm((end - start)[-2:] / scale)))
        self._shapes.events.data.disconnect(self._take)
        QTimer.singleShot(0, self._put_away)  # napari has not finished drawing it

    def _put_away(self) -> None:
        if self._shapes in self._viewer.layers:
            self._viewer.layers.remove(self._shapes)
            self._viewer.layers.selection.active = self._image
