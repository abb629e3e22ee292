"""OME-Zarr images that are written box by box.

Written is version 0.4 (on Zarr 2): it is the older of the two in use, so that programs which do not know 0.5
(on Zarr 3) yet can open it too. Both are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray

from napari_cytounet.images.layout import Layout
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.images.zarr_images import TAGS_ATTRIBUTE

_ORDER = "TCZYX"  # OME-Zarr wants time, then channels, then space
_TYPES = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}
_CHUNK = 512
_COMPRESSOR: dict[str, Any] = {"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 1, "blocksize": 0}


class ZarrWriter:
    """Writes boxes of planes into a Zarr array."""

    def __init__(self, array: zarr.Array[Any], layout: Layout) -> None:
        self._array = array
        self._layout = layout

    def write(self, index: tuple[int, ...], rows: slice, columns: slice, values: NDArray[Any]) -> None:
        """Write a box of a plane: see `writing.ImageWriter`."""
        place, values = self._layout.place(index, rows, columns, values)
        box = [part if isinstance(part, slice) else slice(part, part + 1) for part in place]
        values = values.reshape([part.stop - part.start for part in box])
        # Chunk by chunk: Zarr writes the chunks of one call at the same time, and if one fails (a full disk)
        # the others go on in the background, into a folder that is being removed.
        cuts = (_within_chunks(part, size) for part, size in zip(box, self._array.chunks, strict=True))
        for piece in product(*cuts):
            inside = (
                slice(cut.start - part.start, cut.stop - part.start)
                for cut, part in zip(piece, box, strict=True)
            )
            self._array[piece] = values[tuple(inside)]


def _within_chunks(part: slice, size: int) -> list[slice]:
    """Cut a range where chunks begin.

    Examples
    --------
    >>> _within_chunks(slice(300, 1100), 512)
    [slice(300, 512, None), slice(512, 1024, None), slice(1024, 1100, None)]
    """
    edges = [part.start, *range((part.start // size + 1) * size, part.stop, size), part.stop]
    return [slice(start, stop) for start, stop in pairwise(edges) if start < stop]


@contextmanager
def zarr_writer(
    path: Path,
    sizes: Mapping[str, int],
    dtype: Any,
    *,
    name: str,
    pixel_size: PixelSize | None,
    tags: Mapping[str, str],
) -> Iterator[ZarrWriter]:
    """Make an OME-Zarr image of one resolution, full of zeros, to write boxes into.

    Chunks are compressed, and hold 512 x 512 pixels of one channel of one plane.
    """
    layout = Layout.of(sizes, dtype, _ORDER)
    group = zarr.open_group(path, mode="w-", zarr_format=2)
    array = group.create_array(
        "0",
        shape=layout.shape,
        dtype=layout.dtype,
        chunks=tuple(
            min(length, _CHUNK) if letter in "YX" else 1
            for letter, length in zip(layout.axes, layout.shape, strict=True)
        ),
        compressors=_COMPRESSOR,
        chunk_key_encoding={"name": "v2", "separator": "/"},
        fill_value=0,
    )
    group.attrs.update({"multiscales": [_multiscale(name, layout, pixel_size)], TAGS_ATTRIBUTE: dict(tags)})
    yield ZarrWriter(array, layout)


def _multiscale(name: str, layout: Layout, pixel_size: PixelSize | None) -> dict[str, Any]:
    """Return the metadata that OME-Zarr asks for."""
    sizes = {"Z": pixel_size.z, "Y": pixel_size.y, "X": pixel_size.x} if pixel_size else {}
    axes = [
        {"name": letter.lower(), "type": _TYPES[letter]}
        | ({"unit": "micrometer"} if sizes.get(letter) else {})
        for letter in layout.axes
    ]
    scale = [sizes.get(letter) or 1.0 for letter in layout.axes]
    level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
    return {"version": "0.4", "name": name, "axes": axes, "datasets": [level]}
