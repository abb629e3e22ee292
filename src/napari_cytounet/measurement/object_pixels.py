"""The pixels of many objects at once, some objects at a time: how everything about them is measured fast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import find_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

AT_A_TIME = 2000
"""Objects that are measured together: their pixels fill the caches, not the memory."""


@dataclass(frozen=True, eq=False)
class ObjectPixels:
    """The pixels of K objects, object by object and row by row.

    Attributes
    ----------
    numbers
        Of the objects in the whole image, 1, 2, …; (K,).
    owner
        Which of the K objects each pixel belongs to, ascending; (P,).
    rows, columns
        Of each pixel in the image; (P,).
    window
        The labels around, with a rim of 0; and the flat index of each pixel in it.
    """

    numbers: NDArray[np.int64]
    owner: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    window: tuple[NDArray[np.integer], NDArray[np.int64]]

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.numbers)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Position of the first pixel of each object, (K,)."""
        return np.searchsorted(self.owner, np.arange(self.count))

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each object, (K,)."""
        return np.bincount(self.owner, minlength=self.count)

    def total(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Add up values of pixels, object by object."""
        return np.bincount(self.owner, values, minlength=self.count).astype(np.float64, copy=False)

    def same(self, down: int, right: int) -> NDArray[np.bool_]:
        """Tell for each pixel whether the one so many rows below and columns beside is of the same object."""
        labels, flat = self.window
        of_neighbour: NDArray[np.bool_] = (
            labels.ravel()[flat + down * labels.shape[1] + right] == self.numbers[self.owner]
        )
        return of_neighbour

    @cached_property
    def row_starts(self) -> NDArray[np.int64]:
        """Position of the first pixel of each object in each of its rows."""
        new = (np.diff(self.rows, prepend=-1) != 0) | (np.diff(self.owner, prepend=-1) != 0)
        return np.flatnonzero(new)


def object_pixels(numbered: NDArray[np.integer]) -> Iterator[ObjectPixels]:
    """Give the pixels of the objects of an image, from the top to the bottom, `AT_A_TIME` objects at once.

    Parameters
    ----------
    numbered
        (Y, X) labels 1, 2, … without gaps.
    """
    boxes = find_objects(numbered)
    tops = np.array([box[0].start for box in boxes])
    bottoms = np.array([box[0].stop for box in boxes])
    order = np.argsort(tops, kind="stable")
    position = np.zeros(len(boxes) + 1, np.int64)
    for first in range(0, len(order), AT_A_TIME):
        chosen = order[first : first + AT_A_TIME]
        top, bottom = int(tops[chosen].min()), int(bottoms[chosen].max())
        inside = np.zeros(len(boxes) + 1, bool)
        inside[chosen + 1] = True
        position[chosen + 1] = np.arange(len(chosen))
        band = np.pad(numbered[top:bottom], 1)
        flat = np.flatnonzero(inside[band])
        owner = position[band.ravel()[flat]]
        by_object = np.argsort(owner, kind="stable")
        flat, owner = flat[by_object], owner[by_object]
        rows, columns = np.divmod(flat, band.shape[1])
        yield ObjectPixels(chosen + 1, owner, rows - 1 + top, columns - 1, (band, flat))
