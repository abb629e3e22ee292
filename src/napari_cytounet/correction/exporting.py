"""Pairs of images and masks from what was painted, for `cytounet train`."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from napari_cytounet.correction.annotation import BACKGROUND, UNKNOWN, Box, PlaneKey, Values
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.image import Image
from napari_cytounet.images.writing import open_writer

IGNORED = 255
"""Value of pixels in the masks that nobody painted: `--ignore-value 255`."""

BAND = 512
"""Rows that are in memory at once."""


def exporting(
    images: Sequence[Image], supervision: Supervision, folder: Path, cancel: threading.Event
) -> Generator[Event, None, int]:
    """Write each plane that something is painted on, and its mask, as files of the same name.

    Masks hold 0 for background, 1 and up for the classes, and `IGNORED` where nothing was painted.

    Parameters
    ----------
    images
        Of the session.
    supervision
        What is painted.
    folder
        Gets `train/images` and `train/masks`, cytounet's layout.
    cancel
        Looked at before each plane.

    Yields
    ------
    Progress

    Returns
    -------
    int
        How many pairs were written.

    Raises
    ------
    OutputError
        If nothing is painted yet, the folder is taken, or its disk is full.
    """
    planes = supervision.planes()
    if not planes:
        raise OutputError("Nothing is painted yet: there are no pairs to export.")
    place = folder / "train"
    if place.exists():
        raise OutputError(f"{place} is there already: nothing is overwritten. Choose another folder.")
    for done, key in enumerate(planes):
        if cancel.is_set():
            raise Cancelled(f"Stopped: {done} of {len(planes)} pairs were written to {place}.")
        yield Progress("pairs", done, len(planes))
        _write_pair(images[key.image], key, supervision, place)
    return len(planes)


def _write_pair(image: Image, key: PlaneKey, supervision: Supervision, place: Path) -> None:
    name = f"{key.image + 1:03}_{image.plane_name(key.index).replace(' ', '_').replace('=', '')}.tif"
    plane = {"Y": image.height, "X": image.width}
    sizes = {"C": image.channels, **plane} if image.channels > 1 else plane
    with (
        open_writer(
            place / "images" / name, sizes=sizes, dtype=image.dtype, pixel_size=image.pixel_size
        ) as pixels,
        open_writer(place / "masks" / name, sizes=plane, dtype=np.uint8, pixel_size=image.pixel_size) as mask,
    ):
        for top in range(0, image.height, BAND):
            rows = slice(top, min(top + BAND, image.height))
            columns = slice(0, image.width)
            pixels.write((), rows, columns, image.read(key.index, rows=rows))
            painted = supervision.values(key, Box(rows.start, 0, rows.stop, image.width))
            mask.write((), rows, columns, as_mask(painted))


def as_mask(values: Values) -> Values:
    """Return annotation values as those of a mask.

    Examples
    --------
    >>> as_mask(np.array([0, 1, 2, 3], np.uint8))
    array([255,   0,   1,   2], dtype=uint8)
    """
    return np.where(values == UNKNOWN, np.uint8(IGNORED), values - np.uint8(BACKGROUND))
