"""From the hand to the disk: what napari's tools change in a labels layer is written at once."""

from __future__ import annotations

from typing import Any

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_cytounet.errors import OutputError
from napari_cytounet.widgets.correcting.history import HistoryWatch, Slices


class LayerRecorder:
    """Writes each change of a layer, its undoing and redoing, before the next one can begin.

    Only the boxes that the layer's history names are looked at, so that it takes no longer in a large image.
    What and where is written is settled by who inherits it: `write`.

    Parameters
    ----------
    layer
        The labels layer.
    """

    written = Signal()
    """Emitted when something new was written."""
    failed = Signal(str)
    """Emitted with why it cannot be written; the layer cannot be painted until `retry` succeeds."""
    replaced = Signal()
    """Emitted when somebody gave the layer other data."""

    def __init__(self, layer: Labels) -> None:
        self.layer = layer
        self._history = HistoryWatch(layer)
        self._waiting: list[Slices] = []
        self.is_blocked = False
        # Some tools say that they paint before they do: their boxes are looked at once more.
        self._again = QTimer()
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self.catch_up)
        layer.events.paint.connect(self._on_change)
        layer.events.set_data.connect(self._on_change)
        layer.events.data.connect(self._on_replaced)

    def write(self, part: Slices) -> bool:
        """Write what is new in a part of the layer, and return whether anything is.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        raise NotImplementedError

    def catch_up(self) -> None:
        """Write what was changed since its event was emitted."""
        if self._look(self._waiting):
            self._waiting = []

    def leave(self) -> None:
        """Write what is left to write, and watch no more."""
        self.catch_up()
        self._again.stop()
        self.layer.events.paint.disconnect(self._on_change)
        self.layer.events.set_data.disconnect(self._on_change)
        self.layer.events.data.disconnect(self._on_replaced)

    def retry(self) -> bool:
        """Write what could not be written, and let the user paint again; return whether that went well."""
        self.is_blocked = False
        self.catch_up()
        self.layer.editable = not self.is_blocked
        return not self.is_blocked

    def _on_change(self, _: Any = None) -> None:
        moved = self._history.moved()
        if not moved:
            return
        if self._look(moved):  # before what waits: a stroke that lies in two boxes is one entry
            self._again.start()
        self._waiting += moved

    def _on_replaced(self, _: Any = None) -> None:
        self._waiting = []  # they are of the former data
        self.replaced.emit()

    def _look(self, parts: list[Slices]) -> bool:
        """Write what is new in parts of the layer; return whether all was written."""
        if self.is_blocked:
            return False
        is_new = False
        try:
            for part in parts:
                is_new |= self.write(part)
        except OutputError as error:
            self.is_blocked = True
            self.layer.editable = False
            self.failed.emit(str(error))
            return False
        if is_new:
            self.written.emit()
        return True
