"""Tables as CSV or Parquet files: written part by part, and never half."""

from __future__ import annotations

import csv
import math
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import ArrayLike, NDArray


FORMATS = {".csv": "CSV", ".parquet": "Parquet"}
"""Suffixes of tables."""


class TableWriter(Protocol):
    """Appends rows to an open table; made by `open_table`."""

    def write(self, columns: Mapping[str, ArrayLike]) -> None:
        """Append rows.

        Parameters
        ----------
        columns
            One-dimensional arrays of one length by the name of their column. Columns that are missing stay
            empty, and so do cells that are NaN; names that the table does not have are an error.
        """


@contextmanager
def open_table(path: Path, names: Sequence[str]) -> Iterator[TableWriter]:
    """Open a table that appears only when it is complete.

    Parameters
    ----------
    path
        File to write; one that is there is replaced. `.parquet` is Parquet, everything else CSV (UTF-8, one
        header, commas), in which numbers have all their digits, so that reading them gives the same numbers.
    names
        Names of the columns, in order.

    Raises
    ------
    OutputError
        If the folder cannot be written, or what writes Parquet is not installed.
    """
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".parquet":
            table = _ParquetTable(names)
            yield table
            table.save(temporary)
        else:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                yield _CsvTable(file, names)


def check_table_path(path: Path, *, overwrite: bool, suffixes: Sequence[str] = (".csv",)) -> None:
    """Refuse a path to which no table can be written, before any work is done.

    Raises
    ------
    OutputError
        If it has another suffix, is there already and not to be replaced, or cannot be written here.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        formats = " or ".join(FORMATS[one] for one in suffixes)
        raise OutputError(
            f"{path}: the table is written as {formats}. Give it a name that ends in {' or '.join(suffixes)}."
        )
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise OutputError(
            f"{path}: writing Parquet needs pyarrow, which is not installed. Get it with `pip install "
            "'napari-cytounet[parquet]'`, or write a .csv."
        )
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: is there already. Choose another name, or say --overwrite.")


class _CsvTable:
    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(self._names)

    def write(self, columns: Mapping[str, ArrayLike]) -> None:
        _refuse_unknown(columns, self._names)
        values = {name: np.asarray(column).tolist() for name, column in columns.items()}
        length = len(next(iter(values.values()), []))
        empty = [None] * length
        cells = [values.get(name, empty) for name in self._names]
        self._rows.writerows([_cell(value) for value in row] for row in zip(*cells, strict=True))


class _ParquetTable:
    """Keeps what is written until the end: a Parquet file has one type a column."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._parts: list[dict[str, NDArray[Any]]] = []

    def write(self, columns: Mapping[str, ArrayLike]) -> None:
        _refuse_unknown(columns, self._names)
        self._parts.append({name: np.asarray(column) for name, column in columns.items()})

    def save(self, path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        lengths = [len(next(iter(part.values()), ())) for part in self._parts]
        joined = {}
        for name in self._names:
            arrays = [
                pa.array(part[name], from_pandas=True) if name in part else pa.nulls(length)
                for part, length in zip(self._parts, lengths, strict=True)
            ]
            kinds = [array.type for array in arrays if array.type != pa.null()]
            kind = pa.string() if pa.string() in kinds else _widest(kinds)
            joined[name] = pa.chunked_array([array.cast(kind) for array in arrays], kind)
        parquet.write_table(pa.table(joined), path)


def _widest(kinds: Sequence[Any]) -> Any:
    """Return the type of numbers that holds them all."""
    import pyarrow as pa

    return (
        pa.from_numpy_dtype(np.result_type(*(kind.to_pandas_dtype() for kind in kinds)))
        if kinds
        else pa.null()
    )


def _refuse_unknown(columns: Mapping[str, ArrayLike], names: Sequence[str]) -> None:
    unknown = set(columns) - set(names)
    if unknown:
        raise ValueError(f"the table has no column {', '.join(sorted(unknown))}")


def _cell(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
