"""Measurements of objects in words: titles, units, numbers and one line that sums them up."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements

TITLES = {
    "plane": "plane",
    "label": "label",
    "class": "class",
    "class_name": "class name",
    "area": "area",
    "perimeter": "perimeter",
    "centroid_y": "centre y",
    "centroid_x": "centre x",
    "major_axis": "long axis",
    "minor_axis": "short axis",
    "eccentricity": "eccentricity",
    "orientation": "orientation (rad)",
    "solidity": "solidity",
    "extent": "extent",
    "euler_number": "Euler number",
    "area_filled": "filled area",
    "area_convex": "convex area",
    "perimeter_crofton": "Crofton perimeter",
    "equivalent_diameter": "equivalent diameter",
    "feret_max": "largest diameter",
    "feret_min": "smallest diameter",
    "neighbours_touching": "touching neighbours",
    "nearest_neighbour": "nearest neighbour",
}
UNITS = {"_px": "px", "_um": "µm", "_um2": "µm²"}


def title(column: str) -> str:
    """Return what stands above a column.

    Examples
    --------
    >>> title("area_um2"), title("major_axis_px"), title("mean_intensity_c1"), title("solidity")
    ('area (µm²)', 'long axis (px)', 'mean intensity 1', 'solidity')
    """
    for suffix, unit in UNITS.items():
        if column.endswith(suffix):
            return f"{TITLES[column.removesuffix(suffix)]} ({unit})"
    if "_intensity_c" in column:
        statistic, _, channel = column.partition("_intensity_c")
        return f"{statistic} intensity {channel}"
    return TITLES[column]


def summary(measured: ObjectMeasurements) -> str:
    """Return how many objects there are, how much they cover and how large they are.

    Parameters
    ----------
    measured
        Objects, at least one.
    """
    areas = measured.columns[measured.area_column]
    unit = area_unit(measured)
    objects = "1 object" if measured.count == 1 else f"{measured.count:,} objects"
    covered = measured.columns["area_px"].sum() / measured.pixels
    return (
        f"{objects}{_where(measured)}, {covered:.1%} of the area covered\n"
        f"Area: mean {readable(areas.mean())} {unit}, median {readable(np.median(areas))} {unit}"
    )


def _where(measured: ObjectMeasurements) -> str:
    planes = len(measured.checksums)
    if planes > 1:
        return f" in {planes} planes"
    place = measured.columns["plane"][0]
    return f" in the plane {place}" if place else ""


def area_unit(measured: ObjectMeasurements) -> str:
    """Return the unit of the areas that are shown."""
    return "px" if measured.pixel_size is None else "µm²"


def units(measured: ObjectMeasurements) -> str:
    """Return in which units the objects were measured, and why."""
    size = measured.pixel_size
    if size is None:
        return "In pixels: the layer does not tell the size of a pixel in micrometres."
    return f"In micrometres: a pixel is {size.y:.4g} x {size.x:.4g} µm."


def readable(value: Any) -> str:
    """Return a value as a table shows it: four digits of a broken number, nothing for NaN.

    Examples
    --------
    >>> readable(np.float64(12345.6)), readable(np.int32(7)), readable(0.012345), readable(np.nan)
    ('12346', '7', '0.01235', '')
    """
    if not isinstance(value, float | np.floating):
        return str(value)
    number = float(value)
    if np.isnan(number):
        return ""
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"
