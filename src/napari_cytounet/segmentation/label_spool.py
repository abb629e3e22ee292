"""Labels put aside until it is known how many there are, and with it the dtype of the result."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import OutputError

IN_MEMORY = 2**26
"""Bytes that are kept in memory before they go to a file."""


@contextmanager
def label_spool(folder: Path) -> Iterator[LabelSpool]:
    """Open a spool: small amounts stay in memory, more goes to a temporary file.

    Parameters
    ----------
    folder
        Where the temporary file is made, and where the results will have to fit too; made if it is missing.

    Raises
    ------
    OutputError
        The folder is not writable, or its disk is full.

    Examples
    --------
    >>> with label_spool(Path()) as spool:
    ...     number = spool.put(np.array([[1, 0, 1]], np.uint8))
    ...     spool.get(number)
    array([[1, 0, 1]], dtype=uint8)
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder)) as file:
            yield LabelSpool(file)
    except OSError as error:
        raise OutputError(
            f"{folder}: labels cannot be put aside there ({error}). Free some space, or write to "
            "another folder."
        ) from error


class LabelSpool:
    """Arrays put aside, compressed, and fetched again by number."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._entries: list[tuple[int, int, tuple[int, ...], np.dtype[Any]]] = []
        self._end = 0

    def put(self, labels: NDArray[Any]) -> int:
        """Put labels aside and return the number to fetch them by."""
        packed = imagecodecs.zstd_encode(labels.tobytes(), level=1)
        self._file.seek(self._end)
        self._file.write(packed)
        self._entries.append((self._end, len(packed), labels.shape, labels.dtype))
        self._end += len(packed)
        return len(self._entries) - 1

    def get(self, number: int) -> NDArray[Any]:
        """Fetch labels; the array is read-only."""
        start, length, shape, dtype = self._entries[number]
        self._file.seek(start)
        values = imagecodecs.zstd_decode(self._file.read(length))
        return np.frombuffer(values, dtype).reshape(shape)


@dataclass(frozen=True)
class PlaneLabels:
    """The labels of one plane, put aside in a spool.

    Attributes
    ----------
    thresholds
        The threshold of each channel.
    bands
        Rows of each band, and the number of its labels in the spool.
    final
        Final label of each label in the spool: 0 where the object was too small.
    classes
        Class of each final label; index 0 is the background.
    """

    thresholds: tuple[float, ...]
    bands: tuple[tuple[slice, int], ...]
    final: NDArray[Any]
    classes: NDArray[Any]

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.classes) - 1
