"""From the hand to the disk: what is edited in a copy of a result is written at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_cytounet.correction.edited_copy import EditedCopy
from napari_cytounet.widgets.correcting.history import Slices
from napari_cytounet.widgets.correcting.layer_recorder import LayerRecorder


class EditRecorder(LayerRecorder):
    """Writes edits to the copy on disk.

    Parameters
    ----------
    layer
        The labels layer that is edited.
    copy
        Where to write.
    """

    def __init__(self, layer: Labels, copy: EditedCopy) -> None:
        self._copy = copy
        self._last: tuple[Slices, NDArray[Any]] | None = None
        self._known = set(classes_of_labels(layer))
        super().__init__(layer)
        self.replaced.connect(self._write_all)

    def write(self, part: Slices) -> bool:
        """See `LayerRecorder`."""
        values = np.asarray(self.layer.data)[part]
        if self._last is not None and part == self._last[0] and np.array_equal(values, self._last[1]):
            return False
        classes = classes_of_labels(self.layer)
        new = classes.keys() - self._known
        self._copy.write(part, values, {label: classes[label] for label in new})
        self._known |= new
        self._last = part, values.copy()
        return True

    def _write_all(self) -> None:
        """Write what the layer holds after its data were replaced by others of the same size."""
        everything = tuple(slice(0, length) for length in self.layer.data.shape)
        self._look([everything])


def classes_of_labels(layer: Labels) -> dict[int, int]:
    """Return the class of each label, as far as the layer's table says it."""
    features = layer.features
    if not {"index", "class"} <= set(features.columns):
        return {}
    return dict(zip(features["index"].astype(int), features["class"].astype(int), strict=True))
