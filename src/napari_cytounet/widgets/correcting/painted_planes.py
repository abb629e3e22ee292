"""The dimensions of a layer that is painted on, and the planes of the session's image under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, PlaneKey

STORED = "TZYX"


@dataclass(frozen=True)
class PaintedPlanes:
    """How the planes of a layer are numbered in the session.

    Attributes
    ----------
    image
        Place of the image in the session.
    letters
        Out of T, Z, Y, X: one for each dimension of the layer.
    plane_axes
        Of the image; a layer may have dimensions of length 1 beside them.
    """

    image: int
    letters: str
    plane_axes: str

    def ordered(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return a view of the layer's data with T, Z, Y, X in this order."""
        return data.transpose(self.order)

    def plane(self, data: NDArray[Any], key: PlaneKey) -> NDArray[Any]:
        """Return a view of a plane of the layer's data, (Y, X)."""
        place = dict(zip(self.plane_axes, key.index, strict=True))
        view: NDArray[Any] = self.ordered(data)[tuple(place.get(letter, 0) for letter in self._stacked)]
        return view

    def boxes(self, slices: Sequence[slice]) -> Iterator[tuple[PlaneKey, Box]]:
        """Give the boxes of planes that slices of the layer's data cover."""
        *stacked, rows, columns = [slices[dimension] for dimension in self.order]
        box = Box(rows.start, columns.start, rows.stop, columns.stop)
        for index in product(*(range(along.start, along.stop) for along in stacked)):
            yield self.key(index), box

    def key(self, index: Sequence[int]) -> PlaneKey:
        """Return the plane at an index over all dimensions of the layer but Y and X."""
        kept = [int(at) for letter, at in zip(self._stacked, index, strict=True) if letter in self.plane_axes]
        return PlaneKey(self.image, tuple(kept))

    def pixel(self, position: NDArray[np.float64]) -> tuple[PlaneKey, int, int]:
        """Return the plane, row and column at a place of the layer."""
        *index, row, column = (round(float(position[dimension])) for dimension in self.order)
        return self.key(index), row, column

    def place(self, key: PlaneKey, row: float, column: float) -> list[float]:
        """Return the place in the layer of a row and column of a plane."""
        at = dict(zip(self.plane_axes, map(float, key.index), strict=True)) | {"Y": row, "X": column}
        return [at.get(letter, 0.0) for letter in self.letters]

    @property
    def order(self) -> list[int]:
        """The dimensions of the layer that are T, Z, Y, X."""
        return [self.letters.index(letter) for letter in STORED if letter in self.letters]

    @property
    def _stacked(self) -> str:
        return "".join(letter for letter in STORED[:2] if letter in self.letters)
