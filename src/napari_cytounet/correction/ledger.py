"""Writing to a session's journal, and knowing what it says."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_cytounet.correction.annotation import Box, PlaneKey, Values
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import Entry, JournalReader, Layer, append_entry
from napari_cytounet.correction.supervision import Supervision

REMEMBERED = 20
"""Latest strokes of each image whose past is kept, so that they can be undone after a session is opened."""


@dataclass(frozen=True, eq=False)
class Step:
    """A stroke, and what its box held before it."""

    entry: Entry
    before: Values


class Ledger:
    """The journal of a session, and all that it says.

    What is said is only taken in from the journal itself, after it was written: so nothing is known here
    that would not be found there after a kill.

    Parameters
    ----------
    folder
        Of the session.

    Attributes
    ----------
    supervision
        What is painted.
    last
        Number of the last entry, 0 if there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._path = SessionFolder(folder).journal
        self._reader = JournalReader(self._path)
        self._steps: defaultdict[int, deque[Step]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self.supervision = Supervision()
        self.last = 0
        self.read()

    def read(self) -> list[Entry]:
        """Take in what was written since the last look, here or by another process."""
        entries = self._reader.read()
        for entry in entries:
            if entry.layer is Layer.STROKES:
                before = self.supervision.layer_values(entry.plane, entry.layer, entry.box)
                self._steps[entry.plane.image].append(Step(entry, before))
            self.supervision.apply(entry)
            self.last = entry.number
        return entries

    def write(self, plane: PlaneKey, layer: Layer, box: Box, values: Values) -> bool:
        """Write down what a box of a layer holds now, if it is not known.

        Returns
        -------
        bool
            Whether anything in it is new.

        Raises
        ------
        OutputError
            If the folder is gone, or its disk is full or read-only: nothing is taken for known then.
        """
        changed = self.supervision.layer_values(plane, layer, box) != values
        if not changed.any():
            return False
        rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        small = Box(box.top + int(top), box.left + int(left), box.top + int(bottom), box.left + int(right))
        append_entry(self._path, plane, layer, small, values[top:bottom, left:right])
        self.read()
        return True

    def latest_steps(self, image: int) -> list[Step]:
        """Return the latest strokes of an image, oldest first."""
        return list(self._steps[image])
