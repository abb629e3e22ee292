"""Images that are written as they are computed, and appear when they are complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from numpy.typing import DTypeLike, NDArray

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.axes import check_axes
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.tiff_writing import tiff_writer
from napari_cytounet.images.zarr_writing import zarr_writer

__all__ = ["ImageWriter", "atomic_path", "open_writer", "write_image"]

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class ImageWriter(Protocol):
    """Writes an image box by box; what is never written stays 0."""

    def write(self, index: tuple[int, ...], rows: slice, columns: slice, values: NDArray[Any]) -> None:
        """Write a box of a plane.

        Parameters
        ----------
        index
            Of the plane, over T and Z as far as the image has them.
        rows, columns
            The box.
        values
            (C, Y, X), or (Y, X) if there is one channel.

        Raises
        ------
        ValueError
            The values do not fit the box.
        """


_WRITERS: dict[str, Callable[..., AbstractContextManager[ImageWriter]]] = {
    ".tif": tiff_writer,
    ".tiff": tiff_writer,
    ".zarr": zarr_writer,
}


@contextmanager
def open_writer(
    path: Path | str,
    *,
    sizes: Mapping[str, int],
    dtype: DTypeLike,
    pixel_size: PixelSize | None = None,
    tags: Mapping[str, str] = _NO_TAGS,
    name: str | None = None,
) -> Iterator[ImageWriter]:
    """Open an image for writing; it appears under its name when it is complete.

    Parameters
    ----------
    path
        Its suffix chooses the format: .tif is OME-TIFF, .zarr OME-Zarr (chunked and compressed). What is
        there already is replaced at the end.
    sizes
        From axes (out of T, Z, C, Y, X) to lengths, such as `{"Z": 5, "Y": 100, "X": 90}`.
    dtype
        Of the values; bool is written as uint8.
    pixel_size
        In micrometres, if known.
    tags
        Free texts that come back in `Image.tags`. JSON is welcome, control characters are not.
    name
        Of the image inside the file, where `path` is a temporary one; its stem if not given.

    Raises
    ------
    OutputError
        The suffix or dtype has no format, the folder is not writable, or its disk is full. Nothing is left
        half-written.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise OutputError(
            f"{path}: images are written as {', '.join(_WRITERS)}. Choose one of these suffixes."
        )
    if not all(text.isprintable() for tag in tags.items() for text in tag):
        raise ValueError(f"tags must be printable texts, not {dict(tags)}")
    writer = _WRITERS[path.suffix.lower()]
    with atomic_path(path) as temporary:
        inside = image_stem(path) if name is None else name
        with writer(temporary, sizes, dtype, name=inside, pixel_size=pixel_size, tags=tags) as opened:
            yield opened


def write_image(
    path: Path | str,
    array: NDArray[Any],
    axes: str,
    *,
    pixel_size: PixelSize | None = None,
    tags: Mapping[str, str] = _NO_TAGS,
) -> None:
    """Write a whole array as an image.

    Parameters
    ----------
    path, pixel_size, tags
        See `open_writer`.
    array
        The values.
    axes
        One letter a dimension of the array, out of T, Z, C, Y, X.

    Raises
    ------
    OutputError
        See `open_writer`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from napari_cytounet.images.reading import open_image
    >>> path = Path(tempfile.mkdtemp()) / "cells.tif"
    >>> write_image(path, np.ones((4, 5), np.uint8), "YX", pixel_size=PixelSize(0.5, 0.5))
    >>> open_image(path).pixel_size
    PixelSize(y=0.5, x=0.5, z=None)
    """
    check_axes(axes)
    canonical = "".join(letter for letter in "TZCYX" if letter in axes)
    ordered = array.transpose([axes.index(letter) for letter in canonical])
    sizes = dict(zip(canonical, ordered.shape, strict=True))
    planes = product(*(range(sizes[letter]) for letter in canonical if letter in "TZ"))
    with open_writer(path, sizes=sizes, dtype=array.dtype, pixel_size=pixel_size, tags=tags) as writer:
        for index in planes:
            writer.write(index, slice(None), slice(None), ordered[index])
