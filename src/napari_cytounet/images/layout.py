"""The dimensions of an image that is to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.axes import AXES, check_axes


@dataclass(frozen=True)
class Layout:
    """Dimensions as a file stores them.

    Attributes
    ----------
    axes
        One letter a stored dimension.
    shape
        Their lengths.
    dtype
        Of the values as stored, in this machine's byte order. Bool becomes uint8, for TIFF packs bool into
        bits, which cannot be written without their neighbours.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, sizes: Mapping[str, int], dtype: Any, order: str = AXES) -> Layout:
        """Lay out an image whose file stores its dimensions in a certain order.

        Parameters
        ----------
        sizes
            From axes to lengths.
        dtype
            Of the values.
        order
            All axes in the order of the file.

        Examples
        --------
        >>> Layout.of({"Y": 9, "X": 8, "Z": 5}, "bool")
        Layout(axes='ZYX', shape=(5, 9, 8), dtype=dtype('uint8'))
        """
        axes = "".join(sorted(check_axes("".join(sizes)), key=order.index))
        if min(sizes.values()) < 1:
            raise ValueError(f"every dimension must be of length 1 or more, not {dict(sizes)}")
        values = np.dtype(dtype)
        stored = np.dtype(np.uint8) if values.kind == "b" else values.newbyteorder("=")
        return cls(axes, tuple(sizes[letter] for letter in axes), stored)

    def place(
        self, index: tuple[int, ...], rows: slice, columns: slice, values: NDArray[Any]
    ) -> tuple[tuple[int | slice, ...], NDArray[Any]]:
        """Return where in the stored dimensions a box of a plane lies, and its values in their order.

        Parameters
        ----------
        index
            Of the plane, over T and Z as far as they are there.
        rows, columns
            The box; slices of step 1.
        values
            (C, Y, X) or (Y, X).

        Raises
        ------
        ValueError
            The values do not fit the box.
        """
        planes = (letter for letter in "TZ" if letter in self.axes)
        box = [
            slice(*part.indices(self._length(letter)))
            for letter, part in zip("CYX", (slice(None), rows, columns), strict=True)
        ]
        place: dict[str, int | slice] = dict(zip(planes, index, strict=True)) | dict(
            zip("CYX", box, strict=True)
        )
        shape = tuple(part.stop - part.start for part in box)
        if values.shape != shape and (1, *values.shape) != shape:
            raise ValueError(f"values of shape {values.shape} do not fit a box of shape {shape}")
        stored = values.reshape(shape if "C" in self.axes else shape[1:]).astype(self.dtype, copy=False)
        return tuple(place[letter] for letter in self.axes), stored

    def _length(self, letter: str) -> int:
        return self.shape[self.axes.index(letter)] if letter in self.axes else 1
