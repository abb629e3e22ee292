"""OME-TIFF files that are written box by box."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_cytounet.errors import OutputError
from napari_cytounet.images.layout import Layout
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.tiff_metadata import ome_metadata

_OME_TYPES = ["int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64"]

BAND_BYTES = 128_000_000
"""Boxes side by side are gathered into whole rows up to this size; wider ones are written row by row."""


class TiffWriter:
    """Writes boxes of planes into a TIFF file whose header is there already.

    The pixels are uncompressed and contiguous, so that every row of a box has a place of its own. They are
    written there explicitly: through a memory map, a full disk would kill the process. Boxes that come from
    left to right, as tiles do, are gathered until they fill whole rows, which take one write and not one a
    row, and are written in the background while the next are computed: at most one band at a time. What
    goes wrong there is raised by the call after it, `finish` at the latest.
    """

    def __init__(self, file: FileIO, offset: int, layout: Layout, background: Executor) -> None:
        self._file = file
        self._offset = offset
        self._layout = layout
        self._background = background
        self._written: Future[None] | None = None
        self._band: _Band | None = None

    def write(self, index: tuple[int, ...], rows: slice, columns: slice, values: NDArray[Any]) -> None:
        """Write a box of a plane: see `writing.ImageWriter`."""
        place, values = self._layout.place(index, rows, columns, values)
        *outer, row_range, column_range = (
            range(part, part + 1) if isinstance(part, int) else range(part.start, part.stop) for part in place
        )
        planes = [_plane_number(plane, self._layout.shape[:-2]) for plane in product(*outer)]
        box = values if values.ndim == 3 else values[np.newaxis]
        band = self._band
        if band is None or not band.goes_on(planes, row_range, column_range):
            self._flush()
            band = self._started_band(planes, row_range, column_range)
        if band is None:
            self._wait()
            self._write_box(planes, row_range, column_range, box)
            return
        band.add(box)
        self._band = band
        if band.filled == self._width:
            self._flush()

    def finish(self) -> None:
        """Write what was gathered, and wait until all is written."""
        self._flush()
        self._wait()

    def _flush(self) -> None:
        """Begin to write what was gathered, when the band before it is written."""
        band, self._band = self._band, None
        if band is not None:
            self._wait()
            columns = range(band.filled)
            values = band.values[..., : band.filled]
            self._written = self._background.submit(self._write_box, band.planes, band.rows, columns, values)

    def _wait(self) -> None:
        """Wait for the band that is being written, and raise what went wrong with it."""
        written, self._written = self._written, None
        if written is not None:
            written.result()

    @property
    def _width(self) -> int:
        return self._layout.shape[-1]

    def _started_band(self, planes: list[int], rows: range, columns: range) -> _Band | None:
        """Return the band that a box begins, None for a box that is better written as it is."""
        shape = (len(planes), len(rows), self._width)
        if columns.start > 0 or len(columns) == self._width:
            return None
        if math.prod(shape) * self._layout.dtype.itemsize > BAND_BYTES:
            return None
        return _Band(planes, rows, np.empty(shape, self._layout.dtype))

    def _write_box(self, planes: list[int], rows: range, columns: range, values: NDArray[Any]) -> None:
        height, width = self._layout.shape[-2:]
        for plane, plane_values in zip(planes, values, strict=True):
            first = plane * height
            if len(columns) == width:
                self._write((first + rows.start) * width, plane_values)
                continue
            for row, row_values in zip(rows, plane_values, strict=True):
                self._write((first + row) * width + columns.start, row_values)

    def _write(self, element: int, values: NDArray[Any]) -> None:
        self._file.seek(self._offset + element * self._layout.dtype.itemsize)
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        while left:  # an unbuffered file may take less than all, on a disk that is about to be full
            left = left[self._file.write(left) :]


@dataclass
class _Band:
    """Whole rows of some planes that fill up from the left."""

    planes: list[int]
    rows: range
    values: NDArray[Any]
    filled: int = 0

    def goes_on(self, planes: list[int], rows: range, columns: range) -> bool:
        return (planes, rows, columns.start) == (self.planes, self.rows, self.filled)

    def add(self, box: NDArray[Any]) -> None:
        stop = self.filled + box.shape[-1]
        self.values[..., self.filled : stop] = box
        self.filled = stop


def _plane_number(plane: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(plane, shape)) if plane else 0


@contextmanager
def tiff_writer(
    path: Path,
    sizes: Mapping[str, int],
    dtype: Any,
    *,
    name: str,
    pixel_size: PixelSize | None,
    tags: Mapping[str, str],
) -> Iterator[TiffWriter]:
    """Make an OME-TIFF file (BigTIFF where it must be), full of zeros, to write boxes into.

    Raises
    ------
    OutputError
        OME-TIFF has no such dtype.
    """
    layout = Layout.of(sizes, dtype)
    if layout.dtype.name not in _OME_TYPES:
        raise OutputError(
            f"OME-TIFF cannot hold values of type {layout.dtype}, only {', '.join(_OME_TYPES)}. "
            "Convert them, or write to .zarr."
        )
    tifffile.imwrite(
        path,
        shape=layout.shape,
        dtype=layout.dtype,
        ome=True,
        photometric="minisblack",
        metadata={"axes": layout.axes, "Name": name} | ome_metadata(pixel_size, tags),
    )
    with tifffile.TiffFile(path) as tiff:
        offset: Any = tiff.series[0].dataoffset
    with path.open("r+b", buffering=0) as file, ThreadPoolExecutor(max_workers=1) as background:
        writer = TiffWriter(file, offset, layout, background)
        yield writer
        writer.finish()
