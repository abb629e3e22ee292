"""Tables of objects, read back as the mean of each measurement in each image."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import naming_the_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_NAMES = ("image", "plane", "class_name")
_ABOUT = ("label", "class", "centroid_y_px", "centroid_x_px", "centroid_y_um", "centroid_x_um", "orientation")
"""Columns of numbers whose mean over an image says nothing."""


@dataclass(frozen=True, eq=False)
class ImageValues:
    """The images of one condition.

    Attributes
    ----------
    images
        Their names.
    quantities
        The mean of each measurement over the objects of each image, and `objects`, their number; NaN where an
        image has none.
    """

    images: tuple[str, ...]
    quantities: Mapping[str, NDArray[np.float64]]


def read_image_values(paths: Sequence[Path], without_objects: Sequence[str] = ()) -> ImageValues:
    """Read tables of objects and take the mean of each measurement over each image.

    Parameters
    ----------
    paths
        Tables as `cytounet measure` writes them, .csv or .parquet.
    without_objects
        Names of images that were measured and have no row.

    Raises
    ------
    ImageError
        If a file is no such table.
    """
    images: dict[tuple[int, str], int] = {}
    columns: dict[str, list[NDArray[np.float64]]] = {}
    owners: list[NDArray[np.int64]] = []
    rows = 0
    for number, path in enumerate(paths):
        table = _read(path)
        names = [images.setdefault((number, name), len(images)) for name in table.pop("image").tolist()]
        owners.append(np.array(names, np.int64))
        for name, values in table.items():
            if name not in (*_NAMES, *_ABOUT):
                # Where an earlier table lacks a column, it is unknown there.
                columns.setdefault(name, [np.full(rows, np.nan)] if rows else []).append(
                    _numbers(values, path, name)
                )
        rows += len(names)
        for parts in columns.values():
            missing = rows - sum(map(len, parts))
            if missing:
                parts.append(np.full(missing, np.nan))
    for name in without_objects:
        images.setdefault((-1, name), len(images))
    owner = np.concatenate([*owners, np.zeros(0, np.int64)])
    quantities = {"objects": np.bincount(owner, minlength=len(images)).astype(np.float64)}
    for name, parts in columns.items():
        quantities[name] = _means(np.concatenate(parts), owner, len(images))
    return ImageValues(tuple(name for _, name in images), quantities)


def _means(values: NDArray[np.float64], owner: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    known = np.isfinite(values)
    sums = np.bincount(owner[known], values[known], minlength=count)
    numbers = np.bincount(owner[known], minlength=count)
    means: NDArray[np.float64] = np.divide(sums, numbers, out=np.full(count, np.nan), where=numbers > 0)
    return means


def _read(path: Path) -> dict[str, NDArray[np.generic]]:
    with naming_the_file(path):
        if path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            read = parquet.read_table(path)
            table = {name: read[name].to_numpy(zero_copy_only=False) for name in read.column_names}
        else:
            with path.open(newline="", encoding="utf-8-sig") as file:
                header, *lines = [*csv.reader(file)] or [[]]
            table = dict(zip(header, np.array(lines, dtype=str).reshape(-1, len(header)).T, strict=True))
        if not {"image", "label"} <= set(table):
            raise ImageError(
                "is no table of objects: it would have the columns image and label. Make one with `cytounet "
                "measure`."
            )
    return table


def _numbers(values: NDArray[np.generic], path: Path, name: str) -> NDArray[np.float64]:
    """Return the cells of a column as numbers; an empty cell is NaN."""
    with naming_the_file(path):
        try:
            if values.dtype.kind == "U":
                values = np.where(values == "", "nan", values)
            return values.astype(np.float64)
        except ValueError as error:
            raise ImageError(f"the column {name} holds what is no number ({error}).") from error
