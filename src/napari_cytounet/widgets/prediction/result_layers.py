"""The layers that a prediction makes, filled while one looks on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial

from napari.components import ViewerModel
from napari.layers import Labels as LabelsLayer
from napari.layers import Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_cytounet.widgets.prediction.job import ObjectsFound
from napari_cytounet.widgets.prediction.layer_making import LayerMaking, holds_objects

REFRESH_SECONDS = 0.1
"""Tiles are drawn at most this often."""

REST = 10
"""How many times the duration of a drawing the next one waits: large layers must not keep the viewer busy."""


class PredictionLayers:
    """The results of one prediction as new layers, which come one by one and are drawn at a pace.

    Parameters
    ----------
    viewer
        Gets the layers.
    making
        Makes them.
    parent
        Layers come as long as it is there.

    Attributes
    ----------
    are_shown
        Whether the layers were made, or are on their way.
    """

    def __init__(self, viewer: ViewerModel, making: LayerMaking, parent: QWidget) -> None:
        self._viewer = viewer
        self._making = making
        self._makers = making.makers()
        self._layers: list[Layer] = []
        self._instances: LabelsLayer | None = None
        self._object_classes: list[int] = []
        self._new_objects = False
        self.are_shown = False
        self._began = self._next_drawing = 0.0
        self._drawn = _soon(parent, self._rest)
        self._steps: deque[Callable[[], object]] = deque()
        self._turn = _soon(parent, self._take_step)

    @property
    def are_gone(self) -> bool:
        """Whether the layers were made and all of them removed."""
        return self.are_shown and len(self._layers) == len(self._makers) and not self._left()

    def show(self) -> None:
        """Add the layers to the viewer, one a turn of its event loop: all at once would take seconds."""
        self.are_shown = True
        self._in_turn(*(partial(self._add, make) for make in self._makers))

    def draw(self) -> None:
        """Show what was filled in since the last time, unless that was a moment ago."""
        if self._drawn.isActive() or time.perf_counter() < self._next_drawing:
            return
        self._began = time.perf_counter()
        for layer in self._left():
            if layer is not self._instances:  # whose drawing takes long: it waits for new objects
                layer.refresh(thumbnail=False, highlight=False, extent=False)
        self._draw_objects()
        self._drawn.start()

    def add_objects(self, found: ObjectsFound) -> None:
        """Note the classes of the objects of a plane."""
        self._object_classes += found.classes
        self._new_objects = True

    def finish(self, then: Callable[[], object]) -> None:
        """Show the end of it, once all layers are there: labels can be edited, and lie open to view.

        Parameters
        ----------
        then
            Called after it.
        """
        layers = (partial(self._finish_layer, number) for number in range(len(self._makers)))
        self._in_turn(self._draw_objects, *layers, then, self._end)

    def remove(self) -> None:
        """Take the layers out of the viewer."""
        for layer in self._left():
            self._viewer.layers.remove(layer)

    def _in_turn(self, *steps: Callable[[], object]) -> None:
        self._steps.extend(steps)
        self._turn.start()

    def _take_step(self) -> None:
        step = self._steps.popleft()
        if self._steps:
            self._turn.start()
        step()

    def _add(self, make: Callable[[], Layer]) -> None:
        """Add a layer, and leave the layer selected that was."""
        active = self._viewer.layers.selection.active
        layer = make()
        self._viewer.layers.selection.active = active
        self._layers.append(layer)
        if holds_objects(layer):
            self._instances = layer

    def _rest(self) -> None:
        """Wait a multiple of the time that the drawing took, the painting of the window included."""
        now = time.perf_counter()
        self._next_drawing = now + max(REFRESH_SECONDS, REST * (now - self._began))

    def _draw_objects(self) -> None:
        if self._instances is None or not self._new_objects:
            return
        self._new_objects = False
        labels = range(1, len(self._object_classes) + 1)
        self._instances.features = self._making.features(labels, self._object_classes)
        if self._instances in self._viewer.layers:
            self._instances.refresh(thumbnail=False, highlight=False, extent=False)

    def _finish_layer(self, number: int) -> None:
        layer = self._layers[number]
        if layer not in self._viewer.layers:
            return
        layer.refresh()
        if isinstance(layer, LabelsLayer):
            layer.editable = True
        elif self._object_classes and any(isinstance(other, LabelsLayer) for other in self._left()):
            layer.visible = False

    def _end(self) -> None:
        self._drawn.deleteLater()
        self._turn.deleteLater()

    def _left(self) -> list[Layer]:
        return [layer for layer in self._layers if layer in self._viewer.layers]


def _soon(parent: QWidget, do: Callable[[], object]) -> QTimer:
    """Return a timer that does something in the next turn of the event loop, when the window is painted."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(0)
    timer.timeout.connect(do)
    return timer
