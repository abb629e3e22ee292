"""What the undo history of a labels layer says of where something was changed.

napari has no public way yet to ask where a stroke or its undoing changed pixels: `undo` and `redo` emit
nothing but `set_data`. The two queues are read, and nothing is written to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from napari.layers import Labels

Slices = tuple[slice, ...]


class HistoryWatch:
    """Finds the steps that came into the history of a layer, or moved in it, since the last look.

    Parameters
    ----------
    layer
        The layer.
    """

    def __init__(self, layer: Labels) -> None:
        self._layer: Any = getattr(layer, "__wrapped__", layer)
        self._seen = self._steps()

    def moved(self) -> list[Slices]:
        """Return for each such step the part of the layer's data that holds all it changed."""
        steps = self._steps()
        known = {id(step) for step in self._seen}
        new = [step for step in steps if id(step) not in known]
        self._seen = steps  # held on to, so that no step gets the id of one that is gone
        shape = self._layer.data.shape
        return [found for step in new if (found := _extent(step, shape)) is not None]

    def _steps(self) -> list[Any]:
        return [*self._layer._undo_history, *self._layer._redo_history]  # noqa: SLF001 see above


def _extent(step: Sequence[Any], shape: Sequence[int]) -> Slices | None:
    """Return the slices around all that a step changed; None if it is nothing in the data."""
    parts = list(_parts(step, shape))
    if not parts:
        return None
    around = [
        slice(max(0, min(part[axis][0] for part in parts)), min(length, max(part[axis][1] for part in parts)))
        for axis, length in enumerate(shape)
    ]
    return None if any(along.start >= along.stop for along in around) else tuple(around)


def _parts(step: Sequence[Any], shape: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Give the first index and the one after the last along each axis, for each change of a step."""
    for change in step:
        key = getattr(change, "slice_key", None)
        if key is not None:
            yield [_range(along, length) for along, length in zip(key, shape, strict=True)]
        elif all(np.size(along) for along in change[0]):
            yield [(int(np.min(along)), int(np.max(along)) + 1) for along in change[0]]


def _range(along: slice | int, length: int) -> tuple[int, int]:
    if isinstance(along, slice):
        start, stop, _ = along.indices(length)
        return start, stop
    return int(along), int(along) + 1
