"""All that was painted so far, and which stroke each pixel is of: sparse, so that images may be huge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import UNKNOWN, Box, PlaneKey, Values
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.squares import overlaps

CHUNK = 64
"""Side of the squares that planes are kept in; only those that something was painted in are there.

They are small since strokes are: thousands of them in as many places are to take little memory.
"""


@dataclass(frozen=True)
class Change:
    """What an entry changed.

    Attributes
    ----------
    painted
        Pixels that say something now and said nothing, or something else, before.
    contradicted
        Those of them that said something else: the later stroke wins.
    touched
        Numbers of the strokes that lost pixels, or got some back.
    """

    painted: int
    contradicted: int
    touched: frozenset[int]


class Supervision:
    """What is painted on all planes of a session.

    Attributes
    ----------
    strokes
        The box and plane of every entry that painted something, by its number.
    """

    def __init__(self) -> None:
        self._planes: dict[tuple[PlaneKey, Layer], _SparsePlane] = {}
        self.strokes: dict[int, tuple[PlaneKey, Layer, Box]] = {}

    def apply(self, entry: Entry) -> Change:
        """Take an entry in; what it does not change keeps its stroke."""
        plane = self._planes.setdefault((entry.plane, entry.layer), _SparsePlane())
        before, owners = plane.values.read(entry.box), plane.owners.read(entry.box)
        seen_before = self.values(entry.plane, entry.box)
        changed = before != entry.values
        painted = changed & (entry.values != UNKNOWN)
        touched = owners[changed]
        if entry.layer is Layer.STROKES and (edits := self._planes.get((entry.plane, Layer.EDITS))):
            hidden_or_seen_again = (before == UNKNOWN) != (entry.values == UNKNOWN)
            touched = np.concatenate([touched, edits.owners.read(entry.box)[hidden_or_seen_again]])
        plane.values.write(entry.box, entry.values)
        plane.owners.write(entry.box, np.where(changed, np.where(painted, entry.number, 0), owners))
        if painted.any():
            self.strokes[entry.number] = entry.plane, entry.layer, entry.box
        differs = (seen_before != UNKNOWN) & (seen_before != self.values(entry.plane, entry.box))
        return Change(
            int(painted.sum()),
            int((painted & differs).sum()),
            frozenset(int(number) for number in np.unique(touched) if number > 0),
        )

    def values(self, key: PlaneKey, box: Box) -> Values:
        """Return what is painted in a box, (Y, X) uint8; beyond the plane nothing is."""
        strokes = self.layer_values(key, Layer.STROKES, box)
        if (key, Layer.EDITS) not in self._planes:
            return strokes
        return np.where(strokes != UNKNOWN, strokes, self.layer_values(key, Layer.EDITS, box))

    def layer_values(self, key: PlaneKey, layer: Layer, box: Box) -> Values:
        """Return what one layer says in a box, (Y, X) uint8."""
        plane = self._planes.get((key, layer))
        return np.zeros(box.shape, np.uint8) if plane is None else plane.values.read(box)

    def pixels_of(self, number: int) -> tuple[NDArray[np.intp], Values]:
        """Return what is left of a stroke: its pixels, (N, 2) rows and columns, and their values, (N,).

        What strokes hide of an edit is not its own any more.
        """
        key, layer, box = self.strokes[number]
        plane = self._planes[key, layer]
        left = plane.owners.read(box) == number
        if layer is Layer.EDITS:
            left &= self.layer_values(key, Layer.STROKES, box) == UNKNOWN
        rows, columns = np.nonzero(left)
        values = plane.values.read(box)[rows, columns]
        return np.stack([rows + box.top, columns + box.left], axis=1), values

    def planes(self) -> list[PlaneKey]:
        """Return the planes that something is painted on."""
        return sorted({key for (key, _), plane in self._planes.items() if plane.values.any()})

    def chunks(self, key: PlaneKey) -> list[Box]:
        """Return the boxes of a plane that something was painted in."""
        boxes = {
            box
            for layer in Layer
            if (key, layer) in self._planes
            for box in self._planes[key, layer].values.chunks()
        }
        return sorted(boxes, key=lambda box: (box.top, box.left))

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the pixels take, and the strokes that they are of."""
        return sum(plane.values.nbytes + plane.owners.nbytes for plane in self._planes.values())


class _SparseArray:
    """An endless array of zeros, of which the squares are kept that something was written in."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._dtype = dtype
        self._chunks: dict[tuple[int, int], NDArray[Any]] = {}

    def read(self, box: Box) -> NDArray[Any]:
        result = np.zeros(box.shape, self._dtype)
        for place, inside, outside in overlaps((box.top, box.bottom), (box.left, box.right), CHUNK):
            chunk = self._chunks.get(place)
            if chunk is not None:
                result[outside] = chunk[inside]
        return result

    def write(self, box: Box, values: NDArray[Any]) -> None:
        for place, inside, outside in overlaps((box.top, box.bottom), (box.left, box.right), CHUNK):
            part = values[outside]
            if place not in self._chunks:
                if not part.any():
                    continue
                self._chunks[place] = np.zeros((CHUNK, CHUNK), self._dtype)
            self._chunks[place][inside] = part

    @property
    def nbytes(self) -> int:
        return sum(chunk.nbytes for chunk in self._chunks.values())

    def any(self) -> bool:
        return any(bool(chunk.any()) for chunk in self._chunks.values())

    def chunks(self) -> list[Box]:
        return [
            Box(row * CHUNK, column * CHUNK, (row + 1) * CHUNK, (column + 1) * CHUNK)
            for (row, column), chunk in self._chunks.items()
            if chunk.any()
        ]


@dataclass
class _SparsePlane:
    values: _SparseArray = field(default_factory=lambda: _SparseArray(np.uint8))
    owners: _SparseArray = field(default_factory=lambda: _SparseArray(np.int32))
