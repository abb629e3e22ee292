"""A plane of very many objects, measured some at a time: it can be stopped, and says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.pixel_size import PixelSize

BATCH = 1000
"""Objects that are measured at a time: about a second."""

Columns = dict[str, NDArray[Any]]
Window = tuple[slice, slice]


def measuring_batches(
    labels: NDArray[Any],
    measure: Callable[[NDArray[Any], Window], Columns],
    pixel_size: PixelSize | None,
) -> Generator[float, None, Columns]:
    """Measure the objects of a plane in batches; yields the share that is done.

    Parameters
    ----------
    labels
        (Y, X), 0 where there is no object.
    measure
        Measures the objects of a window of the plane, as `measure_objects` does.
    pixel_size
        In micrometres, if known.

    Returns
    -------
    dict of arrays
        As `measure_objects` of the whole plane.
    """
    from scipy.ndimage import find_objects  # here: the widget opens sooner without these
    from skimage.segmentation import relabel_sequential

    numbered, _, original = relabel_sequential(np.maximum(labels, 0))
    boxes = find_objects(numbered)
    if len(boxes) <= BATCH:
        return measure(labels, (slice(None), slice(None)))
    tables = []
    for first in range(0, len(boxes), BATCH):
        yield first / len(boxes)
        window = _around(boxes[first : first + BATCH])
        part = numbered[window]
        inside = (part > first) & (part <= first + BATCH)
        columns = measure(np.where(inside, original[part], 0), window)
        tables.append(_moved(columns, window, pixel_size))
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _around(boxes: list[Window]) -> Window:
    """Return the window around some boxes."""
    (top, left), (bottom, right) = (
        np.min([[side.start for side in box] for box in boxes], axis=0).tolist(),
        np.max([[side.stop for side in box] for box in boxes], axis=0).tolist(),
    )
    return slice(top, bottom), slice(left, right)


def _moved(columns: Columns, window: Window, pixel_size: PixelSize | None) -> Columns:
    """Return measurements with places counted from the corner of the plane instead of the window."""
    rows, columns_of_plane = window
    columns["centroid_y_px"] = columns["centroid_y_px"] + rows.start
    columns["centroid_x_px"] = columns["centroid_x_px"] + columns_of_plane.start
    if pixel_size is not None:
        columns["centroid_y_um"] = columns["centroid_y_px"] * pixel_size.y
        columns["centroid_x_um"] = columns["centroid_x_px"] * pixel_size.x
    return columns
