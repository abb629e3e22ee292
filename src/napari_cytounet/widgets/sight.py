"""Noticing that something else of a layer is in sight, or that a widget is out of sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

SETTLED_MS = 60
"""So long nothing must change before it is looked at: more than a moving hand takes from step to step."""


class Sight:
    """Says when the part of a layer that is in sight has changed, and has come to rest.

    Parameters
    ----------
    viewer
        Its sliders, its camera and its order of axes decide what is in sight.
    parent
        The timer ends with it.
    """

    moved = Signal()
    """At once, with every change of the plane."""
    settled = Signal()
    """A moment after the last change of whatever kind."""
    replaced = Signal()
    """The layer has got other data, or they mean something else now."""

    def __init__(self, viewer: ViewerModel, parent: QWidget) -> None:
        self._layer: ImageLayer | None = None
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLED_MS)
        self._timer.timeout.connect(self.settled.emit)
        dims, camera = viewer.dims.events, viewer.scene.camera.events
        self._planes = [dims.point, dims.ndisplay, dims.order]
        self._views = [camera.center, camera.zoom]
        for event in self._planes:
            event.connect(self._on_plane)
        for event in self._views:
            event.connect(self._on_view)

    @property
    def is_settling(self) -> bool:
        """Whether something has just changed."""
        return self._timer.isActive()

    def watch(self, layer: ImageLayer | None) -> None:
        """Watch another layer, or none."""
        self._timer.stop()
        self._let_go()
        self._layer = layer
        if layer is not None:
            for event in _contents(layer):
                event.connect(self._on_data)
            for event in _placing(layer):
                event.connect(self._on_view)

    def leave(self) -> None:
        """Watch nothing any more; the timer is gone with the widget."""
        self._let_go()
        for event in self._planes:
            event.disconnect(self._on_plane)
        for event in self._views:
            event.disconnect(self._on_view)

    def _let_go(self) -> None:
        if self._layer is not None:
            for event in _contents(self._layer):
                event.disconnect(self._on_data)
            for event in _placing(self._layer):
                event.disconnect(self._on_view)
            self._layer = None

    def _on_plane(self, _event: Any = None) -> None:
        self.moved.emit()
        self._timer.start()

    def _on_view(self, _event: Any = None) -> None:
        self._timer.start()

    def _on_data(self, _event: Any = None) -> None:
        self.replaced.emit()


class Visibility(QObject):
    """Says when a widget is hidden or closed, and when it is shown again.

    Parameters
    ----------
    widget
        The widget. That its window is minimised does not count.
    on_show, on_hide
        Called then.
    """

    def __init__(self, widget: QWidget, on_show: Callable[[], object], on_hide: Callable[[], object]) -> None:
        super().__init__(widget)
        self._on_show, self._on_hide = on_show, on_hide
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Look at an event, and let it pass."""
        if event is not None and not event.spontaneous():
            if event.type() == QEvent.Type.Show:
                self._on_show()
            elif event.type() in (QEvent.Type.Hide, QEvent.Type.Close):
                self._on_hide()
        return bool(super().eventFilter(watched, event))


def _contents(layer: ImageLayer) -> list[Any]:
    events = layer.events
    return [events.data, events.metadata, events.axis_labels]


def _placing(layer: ImageLayer) -> list[Any]:
    events = layer.events
    return [events.scale, events.translate, events.rotate, events.shear, events.affine, events.units]
