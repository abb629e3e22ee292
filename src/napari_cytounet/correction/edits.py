"""What was changed in a result: supervision where it was edited, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_cytounet.correction.annotation import UNKNOWN, Box, PlaneKey, Values
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger

ALL_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def write_edits(
    ledger: Ledger,
    plane: PlaneKey,
    baseline: NDArray[np.generic],
    edited: NDArray[np.generic],
    values: Values,
    *,
    offset: tuple[int, int] = (0, 0),
) -> int:
    """Write what was changed in a plane of a result, one entry for each connected change.

    Parameters
    ----------
    ledger
        Gets it as edits.
    plane
        Which plane of the session.
    baseline, edited
        The result as it was and as it is now, (Y, X).
    values
        What `edited` says as annotation values, (Y, X): background where it is 0, else a class.
    offset
        Row and column of the plane at which the result begins.

    Returns
    -------
    int
        How many entries were written.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    written = 0
    for box, changed in _changes(np.asarray(baseline != edited)):
        place = Box(box.top + offset[0], box.left + offset[1], box.bottom + offset[0], box.right + offset[1])
        known = ledger.supervision.layer_values(plane, Layer.EDITS, place)
        said = np.where(changed, values[box.slices], np.uint8(UNKNOWN))
        written += ledger.write(plane, Layer.EDITS, place, np.where(said != UNKNOWN, said, known))
    return written


def _changes(changed: NDArray[np.bool_]) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Give each connected change: its box, and which pixels of the box belong to it."""
    parts, _ = ndimage.label(changed, ALL_NEIGHBOURS)
    for number, found in enumerate(ndimage.find_objects(parts), start=1):
        rows, columns = found
        yield Box(rows.start, columns.start, rows.stop, columns.stop), parts[found] == number
