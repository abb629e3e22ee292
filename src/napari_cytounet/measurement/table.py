"""Tables as CSV files: written row by row, and never half."""

from __future__ import annotations

import csv
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import ArrayLike


class TableWriter:
    """Appends rows to an open table; made by `open_table`."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(self._names)

    def write(self, columns: Mapping[str, ArrayLike]) -> None:
        """Append rows.

        Parameters
        ----------
        columns
            One-dimensional arrays of one length by the name of their column. Columns that are missing stay
            empty, and so do cells that are NaN; names that the table does not have are an error.
        """
        unknown = set(columns) - set(self._names)
        if unknown:
            raise ValueError(f"the table has no column {', '.join(sorted(unknown))}")
        values = {name: np.asarray(column).tolist() for name, column in columns.items()}
        length = len(next(iter(values.values()), []))
        empty = [None] * length
        cells = [values.get(name, empty) for name in self._names]
        self._rows.writerows([_cell(value) for value in row] for row in zip(*cells, strict=True))


@contextmanager
def open_table(path: Path, names: Sequence[str]) -> Iterator[TableWriter]:
    """Open a CSV file (UTF-8, one header, commas) that appears only when it is complete.

    Numbers are written with all their digits, so that reading them gives the same numbers again.

    Parameters
    ----------
    path
        File to write; one that is there is replaced.
    names
        Names of the columns, in order.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with (
        atomic_path(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        yield TableWriter(file, names)


def check_table_path(path: Path, *, overwrite: bool) -> None:
    """Refuse a path to which no table can be written, before any work is done.

    Raises
    ------
    OutputError
        If it does not end in .csv, or is there already and not to be replaced.
    """
    if path.suffix.lower() != ".csv":
        raise OutputError(f"{path}: the table is written as CSV. Give it a name that ends in .csv.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: is there already. Choose another name, or say --overwrite.")


def _cell(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
