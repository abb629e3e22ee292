"""Whether labels are still those that were looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from napari.components import ViewerModel
from napari.layers import Labels
from qtpy.QtCore import QTimer

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.checksum import checksum
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.layer_parts import shown_plane

PAUSE = 300
"""Milliseconds without a change after which the labels are looked at."""


class LabelWatch:
    """Tells once when the labels of a layer are no longer those that were looked at.

    Painting says so itself. Undo, and scripts that write into the array, only refresh the layer, as moving a
    slider does: so the plane that is shown is compared with what it was, in a thread.

    Parameters
    ----------
    viewer
        Where.
    layer, image
        The labels, as a layer and as an image.
    checksums
        Of each of its planes that was looked at.
    on_change
        Called on the main thread.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        layer: Labels,
        image: Image,
        checksums: Mapping[tuple[int, ...], int],
        on_change: Callable[[], object],
    ) -> None:
        self._viewer, self._layer, self._image, self._checksums = viewer, layer, image, checksums
        self._on_change = on_change
        self._checks: Latest[bool] = Latest(self._tell_if, self._tell_unreadable)
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.check)
        layer.events.paint.connect(self._tell)
        layer.events.data.connect(self._tell)
        layer.events.set_data.connect(self._wait)
        self._timer.start()  # they may have changed meanwhile

    def end(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        self._checks.forget()
        self._layer.events.paint.disconnect(self._tell)
        self._layer.events.data.disconnect(self._tell)
        self._layer.events.set_data.disconnect(self._wait)

    def check(self) -> None:
        """Compare the plane that is shown with what it was."""
        try:
            index = shown_plane(self._viewer, self._layer).planes[0]
        except ImageError:
            return  # the sliders stand beyond the layer
        if index in self._checksums:
            self._checks.ask(lambda cancel: self._differs(index, cancel))

    def _differs(self, index: tuple[int, ...], _cancel: threading.Event) -> bool:
        return checksum(self._image.read(index)[0]) != self._checksums[index]

    def _wait(self, _event: Any) -> None:
        self._timer.start()

    def _tell_if(self, changed: bool) -> None:
        if changed:
            self._tell()

    def _tell_unreadable(self, _trouble: str) -> None:
        self._tell()  # what cannot be read any more is not what it was

    def _tell(self, _event: Any = None) -> None:
        self.end()
        self._on_change()
