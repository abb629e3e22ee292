"""The journal of a session: everything that was painted, in order, never changed.

An entry holds what a box of an annotation layer looks like after a stroke (or its undoing), so that playing
all entries in order gives what is painted now, and a process that is killed at any moment leaves all
finished strokes behind.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from napari_cytounet.correction.annotation import FIRST_CLASS, UNKNOWN, Box, PlaneKey, Values
from napari_cytounet.correction.packing import pack, unpack
from napari_cytounet.runs.json_lines import LineReader, append_line


class Layer(StrEnum):
    """Where something was said: painted as `strokes`, or by editing or accepting a result (`edits`).

    Where both say something of a pixel, strokes win.
    """

    STROKES = "strokes"
    EDITS = "edits"


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry of the journal.

    Attributes
    ----------
    number
        The line of the journal that it stands in, from 1.
    plane, layer, box
        Where.
    values
        What the whole box holds now, (Y, X) uint8; see `annotation`.
    time
        When, in seconds since 1970 by the clock of whoever painted: only to be shown.
    """

    number: int
    plane: PlaneKey
    layer: Layer
    box: Box
    values: Values
    time: float

    def within(self, height: int, width: int, classes: int) -> Entry | None:
        """Return what the entry says of a plane of a size, about so many classes; None if nothing.

        What was painted beyond the edges is left out; a value that is no class says nothing.
        """
        box = Box(
            max(0, self.box.top),
            max(0, self.box.left),
            min(height, self.box.bottom),
            min(width, self.box.right),
        )
        if box.is_empty:
            return None
        rows = slice(box.top - self.box.top, box.bottom - self.box.top)
        columns = slice(box.left - self.box.left, box.right - self.box.left)
        values = self.values[rows, columns]
        return replace(self, box=box, values=np.where(values < FIRST_CLASS + classes, values, UNKNOWN))


def append_entry(path: Path, plane: PlaneKey, layer: Layer, box: Box, values: Values) -> None:
    """Add an entry to a journal and hand it to the operating system.

    Raises
    ------
    ValueError
        If the values do not fill the box, or there is nothing in it.
    OutputError
        If the folder is gone, or its disk is full.
    """
    if box.is_empty or values.shape != box.shape:
        raise ValueError(f"values of shape {values.shape} do not fill the box {box}")
    append_line(
        path,
        {
            "image": int(plane.image),
            "index": [int(place) for place in plane.index],  # often of NumPy, which JSON does not know
            "layer": layer.value,
            "box": [int(side) for side in (box.top, box.left, box.bottom, box.right)],
            "values": pack(values.astype(np.uint8, copy=False)),
            "time": time.time(),
        },
    )


class JournalReader:
    """Reads the entries that were added since it last looked; there need not be a journal yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = LineReader(path)
        self._read = 0

    def read(self) -> list[Entry]:
        """Return the new entries; damaged ones are passed over, and the others keep their numbers."""
        entries = []
        for line in self._lines.read_all():
            self._read += 1
            entry = None if line is None else _entry(line, self._read)
            if entry is not None:
                entries.append(entry)
        return entries

    def sync(self) -> None:
        """Have the disk hold what the operating system was handed."""
        try:
            with self._path.open("r+b") as file:
                os.fsync(file.fileno())
        except OSError:  # no journal yet, or a disk that cannot: the operating system holds it all the same
            return


def _entry(line: Mapping[str, Any], number: int) -> Entry | None:
    try:
        box = Box(*(int(side) for side in line["box"]))
        if box.is_empty:
            return None
        values = unpack(line["values"], np.uint8)
        return Entry(
            number,
            PlaneKey(int(line["image"]), tuple(int(place) for place in line["index"])),
            Layer(line["layer"]),
            box,
            values.reshape(box.shape),
            float(line["time"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, zlib.error):
        return None
