"""Accepting what a version finds as right as it stands, and taking that back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_cytounet.correction.annotation import BACKGROUND, UNKNOWN, Box, PlaneKey, Values
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger

RIM = 3
"""Pixels of background around an accepted object that are accepted with it: they say where it ends."""


@dataclass(frozen=True, eq=False)
class Field:
    """What a version finds in a box of a plane.

    Attributes
    ----------
    version
        Its number.
    plane, box
        Where.
    classes
        (Y, X) uint8; 0 background, 1 and up the classes.
    """

    version: int
    plane: PlaneKey
    box: Box
    classes: NDArray[np.uint8]


class Acceptances:
    """What was accepted since a session was opened.

    Parameters
    ----------
    ledger
        Gets it as edits.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._former: list[tuple[PlaneKey, Box, Values]] = []

    def accept_field(self, field: Field) -> None:
        """Accept all of a field.

        Raises
        ------
        OutputError
            If it cannot be written down.
        """
        self._accept(field.plane, field.box, field.classes + np.uint8(BACKGROUND))

    def accept_object(self, field: Field, row: int, column: int) -> bool:
        """Accept the object at a pixel of the plane, with a rim of the background around it.

        Returns
        -------
        bool
            Whether there is one.

        Raises
        ------
        OutputError
            If it cannot be written down.
        """
        top, left = row - field.box.top, column - field.box.left
        height, width = field.box.shape
        inside = 0 <= top < height and 0 <= left < width
        if not inside or field.classes[top, left] == 0:
            return False
        parts, _ = ndimage.label(field.classes == field.classes[top, left])
        found = parts == parts[top, left]
        rows, columns = (np.flatnonzero(found.any(axis=axis)) for axis in (1, 0))
        first_row, last_row = max(0, rows[0] - RIM), min(height, rows[-1] + 1 + RIM)
        first_column, last_column = max(0, columns[0] - RIM), min(width, columns[-1] + 1 + RIM)
        part = np.s_[first_row:last_row, first_column:last_column]
        rim = ndimage.binary_dilation(found[part], iterations=RIM) & (field.classes[part] == 0)
        said = np.where(found[part] | rim, field.classes[part] + np.uint8(BACKGROUND), np.uint8(UNKNOWN))
        box = Box(
            field.box.top + int(first_row),
            field.box.left + int(first_column),
            field.box.top + int(last_row),
            field.box.left + int(last_column),
        )
        known = self._ledger.supervision.layer_values(field.plane, Layer.EDITS, box)
        self._accept(field.plane, box, np.where(said != UNKNOWN, said, known))
        return True

    def take_back(self) -> bool:
        """Say again what was said before the last acceptance.

        Returns
        -------
        bool
            Whether there was one.

        Raises
        ------
        OutputError
            If it cannot be written down.
        """
        if not self._former:
            return False
        plane, box, values = self._former[-1]
        self._ledger.write(plane, Layer.EDITS, box, values)
        self._former.pop()
        return True

    def _accept(self, plane: PlaneKey, box: Box, values: Values) -> None:
        former = self._ledger.supervision.layer_values(plane, Layer.EDITS, box)
        if self._ledger.write(plane, Layer.EDITS, box, values):
            self._former.append((plane, box, former))
