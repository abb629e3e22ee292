"""OME-TIFF files that are written box by box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


class TiffWriter:
    """Writes boxes of planes into a TIFF file whose header is there already.

    The pixels are uncompressed and contiguous, so that every row of a box has a place of its own. They are
    written there explicitly: through a memory map, a full disk would kill the process.
    """

    def __init__(self, file: FileIO, offset: int, layout: Layout) -> None:
        self._file = file
        self._offset = offset
        self._layout = layout

    def write(self, index: tuple[int, ...], rows: slice, columns: slice, values: NDArray[Any]) -> None:
        """Write a box of a plane: see `writing.ImageWriter`."""
        layout = self._layout
        place, values = layout.place(index, rows, columns, values)
        *planes, row_range, column_range = (
            range(part, part + 1) if isinstance(part, int) else range(part.start, part.stop) for part in place
        )
        height, width = layout.shape[-2:]
        whole_rows = len(column_range) == width
        channels = values if values.ndim == 3 else [values]
        for plane, plane_values in zip(product(*planes), channels, strict=True):
            first = int(np.ravel_multi_index(plane, layout.shape[:-2])) * height if plane else 0
            if whole_rows:
                self._write((first + row_range.start) * width, plane_values)
                continue
            for row, row_values in zip(row_range, plane_values, strict=True):
                self._write((first + row) * width + column_range.start, row_values)

    def _write(self, element: int, values: NDArray[Any]) -> None:
        self._file.seek(self._offset + element * self._layout.dtype.itemsize)
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        while left:  # an unbuffered file may take less than all, on a disk that is about to be full
            left = left[self._file.write(left) :]


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
    with path.open("r+b", buffering=0) as file:
        yield TiffWriter(file, offset, layout)
