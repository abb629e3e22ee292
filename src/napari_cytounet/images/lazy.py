"""Arrays that are read only where they are sliced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class LazyArray(Protocol):
    """Anything with a shape and a dtype that numpy's basic slicing turns into an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every dimension."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""

    @property
    def ndim(self) -> int:
        """Number of dimensions."""

    def __getitem__(self, index: Any, /) -> Any:
        """Return a part as an array."""


@dataclass(frozen=True)
class MappedArray:
    """Uncompressed, contiguous values in a file.

    The file is mapped anew for every part that is read, and the part is copied: no file stays open, and
    walking over a large image does not fill the memory with all of it.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: str = "C"

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __getitem__(self, index: Any, /) -> NDArray[Any]:
        """Return a copy of a part."""
        order: Any = self.order
        mapped = np.memmap(
            self.path, mode="r", offset=self.offset, dtype=self.dtype, shape=self.shape, order=order
        )
        return np.array(mapped[index])


class LazyView:
    """A lazy array cut down to one index, or a range, of some dimensions.

    Parameters
    ----------
    data
        The array.
    cut
        For every dimension of `data` an index (the dimension disappears) or a slice of step 1.

    Examples
    --------
    >>> view = LazyView(np.arange(24).reshape(2, 3, 4), (1, slice(0, 2), slice(None)))
    >>> view.shape
    (2, 4)
    >>> view[1, 2:]
    array([18, 19])
    """

    def __init__(self, data: LazyArray, cut: tuple[int | slice, ...]) -> None:
        self._data = data
        self._cut = tuple(
            part if isinstance(part, int) else range(length)[part]
            for part, length in zip(cut, data.shape, strict=True)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every dimension that is left."""
        return tuple(len(part) for part in self._cut if isinstance(part, range))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """Number of dimensions that are left."""
        return len(self.shape)

    def __getitem__(self, index: Any, /) -> Any:
        """Return a part as an array."""
        asked = iter(_one_entry_a_dimension(index, self.ndim))
        inner: list[int | slice] = []
        for part in self._cut:
            if isinstance(part, int):
                inner.append(part)
                continue
            chosen = part[next(asked)]
            inner.append(
                slice(chosen.start, chosen.stop, chosen.step) if isinstance(chosen, range) else chosen
            )
        return self._data[tuple(inner)]


def cut(data: LazyArray, parts: Mapping[int, int | slice]) -> LazyArray:
    """Cut some dimensions of an array to an index or a range: at once in memory, else when it is read.

    Parameters
    ----------
    data
        The array.
    parts
        From a dimension to its index (the dimension disappears) or to a slice of step 1.

    Examples
    --------
    >>> cut(np.zeros((1, 4, 3)), {0: 0, 2: slice(0, 2)}).shape
    (4, 2)
    """
    if not parts:
        return data
    whole = tuple(parts.get(dimension, slice(None)) for dimension in range(data.ndim))
    return data[whole] if isinstance(data, np.ndarray) else LazyView(data, whole)


def _one_entry_a_dimension(index: Any, ndim: int) -> list[int | slice]:
    """Write out an Ellipsis and dimensions that an index leaves off."""
    entries = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis not in entries:
        entries.append(Ellipsis)
    at = entries.index(Ellipsis)
    whole = [slice(None)] * (ndim + 1 - len(entries))
    return entries[:at] + whole + entries[at + 1 :]
