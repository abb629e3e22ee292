"""The file of an image layer: its own if that holds what it shows, else one written for the session."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import numpy as np

from napari_cytounet.errors import Cancelled, CytounetError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.image import Image

COMPARED = 64_000_000
"""Pixels of a layer and its file up to which all are compared; of more, windows all over."""

WINDOW = 512
BAND_PIXELS = 16_000_000
"""How many pixels are in memory at once while an image is written."""


def file_of_layer(
    image: Image, source: str | None, data: Path, name: str, cancel: threading.Event
) -> Generator[Event, None, Path]:
    """Return a file that holds what a layer shows.

    Parameters
    ----------
    image
        What it shows.
    source
        The file that it was opened from, if there is one.
    data
        Folder that gets a file if one is written.
    name
        Stem of that file.
    cancel
        Looked at before each band.

    Yields
    ------
    Progress

    Raises
    ------
    CytounetError
        If the layer cannot be read, or the disk is full.
    """
    if source is not None and _holds(Path(source), image):
        return Path(source).absolute()
    file = data / f"{name}.zarr"
    yield from _written(image, file, cancel)
    return file


def _holds(path: Path, image: Image) -> bool:
    """Tell whether a file is read as the same image: the layer may have been filtered since it was opened."""
    from napari_cytounet.images.reading import open_image  # here, as below: widgets open without it

    with suppress(CytounetError):
        stored = open_image(path)
        return _is_alike(stored, image) and all(
            np.array_equal(stored.read(index, *part), image.read(index, *part))
            for index, part in _looked_at(image)
        )
    return False


def _is_alike(stored: Image, image: Image) -> bool:
    long = [letter for letter in image.plane_axes if image.data.shape[image.axes.index(letter)] > 1]
    return (
        (stored.height, stored.width, stored.channels) == (image.height, image.width, image.channels)
        and stored.dtype == image.dtype
        and stored.plane_axes == "".join(long)
        and len(stored.planes) == len(image.planes)
        and image.plane_axes == stored.plane_axes
    )


def _looked_at(image: Image) -> list[tuple[tuple[int, ...], tuple[slice, slice]]]:
    """Return the parts that are compared: all of a small image, some windows of a large one."""
    whole = slice(0, image.height), slice(0, image.width)
    if len(image.planes) * image.height * image.width * image.channels <= COMPARED:
        return [(index, whole) for index in image.planes]
    random = np.random.default_rng(0)
    parts = []
    for _ in range(32):
        top = int(random.integers(max(1, image.height - WINDOW)))
        left = int(random.integers(max(1, image.width - WINDOW)))
        index = image.planes[int(random.integers(len(image.planes)))]
        parts.append((index, (slice(top, top + WINDOW), slice(left, left + WINDOW))))
    return parts


def _written(image: Image, file: Path, cancel: threading.Event) -> Generator[Event, None, None]:
    from napari_cytounet.images.finite import read_finite
    from napari_cytounet.images.writing import open_writer

    sizes = dict(zip(image.axes, image.data.shape, strict=True))
    band = max(256, BAND_PIXELS // (image.width * image.channels) // 256 * 256)
    bands = [slice(top, min(top + band, image.height)) for top in range(0, image.height, band)]
    total, done = len(image.planes) * len(bands), 0
    with open_writer(file, sizes=sizes, dtype=image.dtype, pixel_size=image.pixel_size) as writer:
        for index in image.planes:
            for rows in bands:
                if cancel.is_set():
                    raise Cancelled("Stopped before the session began: nothing was kept.")
                columns = slice(0, image.width)
                writer.write(index, rows, columns, read_finite(image, index, rows=rows, columns=columns))
                done += 1
                yield Progress(f"writing {image.name}", done, total)
