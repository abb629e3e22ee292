"""The columns of a table that plots and colours can show."""

from __future__ import annotations

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.texts import title

PLACES = ("label", "class", "centroid_y_px", "centroid_x_px", "centroid_y_um", "centroid_x_um")
"""Columns of numbers that say where an object is, and not how it is."""


def number_columns(columns: Columns) -> list[tuple[str, str]]:
    """Return title and name of each column of measurements."""
    numbers = [name for name, values in columns.items() if values.dtype.kind in "iuf"]
    return [(title(name), name) for name in numbers if name not in PLACES]
