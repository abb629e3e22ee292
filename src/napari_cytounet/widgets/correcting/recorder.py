"""From the hand to the journal: what napari's tools change in the strokes layer is written at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_cytounet.correction.annotation import BACKGROUND
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import OutputError
from napari_cytounet.widgets.correcting.history import HistoryWatch, Slices
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes


class StrokeRecorder:
    """Writes each stroke, undoing and redoing before the next one can begin.

    Only the boxes that the layer's history names are looked at, so that it takes no longer in a large image.

    Parameters
    ----------
    layer
        The strokes layer.
    planes
        Which planes of the session it holds.
    ledger
        Where to write.
    class_count
        Classes that can be painted, background not counted.
    """

    written = Signal()
    """Emitted when something new was written."""
    refused = Signal(str)
    """Emitted with what is wrong with what was painted; it was taken back."""
    failed = Signal(str)
    """Emitted with why it cannot be written; the layer cannot be painted until `retry` succeeds."""
    replaced = Signal()
    """Emitted when somebody gave the layer other data."""

    def __init__(self, layer: Labels, planes: PaintedPlanes, ledger: Ledger, class_count: int) -> None:
        self.layer = layer
        self.planes = planes
        self._ledger = ledger
        self._top = BACKGROUND + class_count
        self._history = HistoryWatch(layer)
        self._waiting: list[Slices] = []
        self.is_blocked = False
        # Some tools say that they paint before they do: their boxes are looked at once more.
        self._again = QTimer()
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self._look_again)
        layer.events.paint.connect(self._on_change)
        layer.events.set_data.connect(self._on_change)
        layer.events.data.connect(self._on_replaced)

    def leave(self) -> None:
        """Write what is left to write, and watch no more."""
        self._look_again()
        self._again.stop()
        self.layer.events.paint.disconnect(self._on_change)
        self.layer.events.set_data.disconnect(self._on_change)
        self.layer.events.data.disconnect(self._on_replaced)

    def retry(self) -> bool:
        """Write what could not be written, and let the user paint again; return whether that went well."""
        self.is_blocked = False
        self._look_again()
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

    def _look_again(self) -> None:
        if self._look(self._waiting):
            self._waiting = []

    def _look(self, parts: list[Slices]) -> bool:
        """Write what is new in parts of the layer; return whether all was written."""
        if self.is_blocked:
            return False
        is_new = False
        try:
            for part in parts:
                is_new |= self._write(part)
        except OutputError as error:
            self.is_blocked = True
            self.layer.editable = False
            self.failed.emit(str(error))
            return False
        if is_new:
            self.written.emit()
        return True

    def _write(self, part: Slices) -> bool:
        is_new = False
        data = np.asarray(self.layer.data)
        for key, box in self.planes.boxes(part):
            values = self.planes.plane(data, key)[box.slices]
            if int(values.max()) > self._top:
                known = self._ledger.supervision.layer_values(key, Layer.STROKES, box)
                self._refuse(values, known)
                continue
            is_new |= self._ledger.write(key, Layer.STROKES, box, values.astype(np.uint8))
        return is_new

    def _refuse(self, values: Any, known: Any) -> None:
        """Take back what was painted with a value that is no class."""
        wrong = int(values.max())
        values[...] = known
        self.layer.refresh()
        self.layer.selected_label = min(int(self.layer.selected_label), self._top)
        self.refused.emit(
            f"{wrong} is no class of this session: paint with 1 (background) to {self._top}. The stroke was "
            "taken back."
        )
