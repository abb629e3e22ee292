"""TIFF files: plain ones, ImageJ's hyperstacks and OME-TIFF."""

from __future__ import annotations

import os
import struct
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr

from napari_cytounet.errors import ImageError
from napari_cytounet.images.lazy import LazyArray, LazyView, MappedArray
from napari_cytounet.images.stored import StoredImage
from napari_cytounet.images.tiff_metadata import pixel_size_of, tags_of

READ_AT_ONCE = 256 * 2**20  # bytes: smaller images are decoded once, when they are opened


def read_tiff(path: Path) -> StoredImage:
    """Read the first image series of a TIFF file, lazily if it is large.

    Values are as they are stored: a bilevel or palette image is neither inverted nor coloured.

    Parameters
    ----------
    path
        File of any bit depth and compression that imagecodecs knows.

    Raises
    ------
    ImageError
        The file is no TIFF, is truncated, or holds no image.
    """
    try:
        tiff = tifffile.TiffFile(path)
    except tifffile.TiffFileError as error:
        raise ImageError(f"is no TIFF file ({error}). Export it again, or mend its suffix.") from error
    with tiff:
        if not tiff.series:
            raise ImageError("holds no image. Export it again.")
        series = tiff.series[0]
        _check_pages(tiff)
        _check_pixels(series)
        notes = _notes(tiff)
        pixel_size, tags = pixel_size_of(tiff), tags_of(tiff)
        if series.nbytes <= READ_AT_ONCE:
            data: LazyArray = series.asarray()
        elif series.dataoffset is not None:
            dtype = np.dtype(tiff.byteorder + series.dtype.char)
            data = MappedArray(path, series.dataoffset, series.shape, dtype)
        else:
            data = _decoded_when_read(path)
        return StoredImage(data, series.axes, pixel_size, notes, tags)


def _check_pages(tiff: Any) -> None:
    """Raise if the file ends before its next page: tifffile would leave out all pages from there on."""
    header, file, last = tiff.tiff, tiff.filehandle, tiff.pages[-1]
    file.seek(last.offset)
    (entries,) = struct.unpack(header.tagnoformat, file.read(header.tagnosize))
    file.seek(entries * header.tagsize, os.SEEK_CUR)
    next_page = file.read(header.offsetsize).ljust(header.offsetsize, b"\0")
    (offset,) = struct.unpack(header.offsetformat, next_page)
    if offset >= file.size:
        raise ImageError(
            f"is truncated: it ends at byte {file.size}, its next page at {offset}. Copy it again."
        )


def _check_pixels(series: Any) -> None:
    """Raise if the file ends before its pixels do; decoders fill some of that up with zeros."""
    for page in series.pages:
        if page is None:  # a plane that an OME-TIFF does not hold: zeros, as its standard says
            continue
        segments = zip(page.dataoffsets, page.databytecounts, strict=False)
        end = max((offset + count for offset, count in segments), default=0)
        if series.dataoffset is not None:
            # ImageJ's large stacks describe only their first plane, and all others follow it.
            end = max(end, series.dataoffset + series.nbytes)
        if end > (size := page.parent.filehandle.size):
            raise ImageError(f"is truncated: it ends at byte {size}, its pixels at {end}. Copy it again.")


def _notes(tiff: Any) -> tuple[str, ...]:
    if len(tiff.series) == 1:
        return ()
    return (f"the file holds {len(tiff.series)} images of different shape: the first one is read",)


def _decoded_when_read(path: Path) -> LazyArray:
    """Open compressed pixels so that a box decodes only its tiles or strips."""
    store = tifffile.imread(path, aszarr=True, series=0, level=0)
    data = zarr.open_array(store, mode="r")
    view = LazyView(data, (slice(None),) * data.ndim)
    weakref.finalize(view, store.close)
    return view
