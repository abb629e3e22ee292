"""From the hand to the journal: what is painted in the strokes layer is written at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels
from psygnal import Signal

from napari_cytounet.correction.annotation import BACKGROUND
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.widgets.correcting.history import Slices
from napari_cytounet.widgets.correcting.layer_recorder import LayerRecorder
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes


class StrokeRecorder(LayerRecorder):
    """Writes strokes to the journal of a session.

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

    refused = Signal(str)
    """Emitted with what is wrong with what was painted; it was taken back."""

    def __init__(self, layer: Labels, planes: PaintedPlanes, ledger: Ledger, class_count: int) -> None:
        self.planes = planes
        self._ledger = ledger
        self._top = BACKGROUND + class_count
        super().__init__(layer)

    def write(self, part: Slices) -> bool:
        """See `LayerRecorder`."""
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
