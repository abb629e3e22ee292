"""The size of a pixel, and the units in which image files write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PixelSize:
    """Size of a pixel in micrometres; `z` is the distance of planes, None if unknown."""

    y: float
    x: float
    z: float | None = None


# OME-TIFF writes symbols, OME-Zarr names, ImageJ whatever its user typed.
_MICROMETRES = {
    "micrometer": 1.0,
    "micrometre": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "um": 1.0,
    "\u00b5m": 1.0,  # micro sign
    "\u03bcm": 1.0,  # Greek mu
    "\\u00b5m": 1.0,  # ImageJ's spelling in ASCII
    "nanometer": 1e-3,
    "nanometre": 1e-3,
    "nm": 1e-3,
    "picometer": 1e-6,
    "pm": 1e-6,
    "angstrom": 1e-4,
    "\u00c5": 1e-4,
    "\u00e5": 1e-4,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "mm": 1e3,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "cm": 1e4,
    "meter": 1e6,
    "metre": 1e6,
    "m": 1e6,
    "inch": 25.4e3,
    "in": 25.4e3,
}


def micrometres(length: float, unit: str) -> float | None:
    """Convert a length to micrometres; None if the unit is not one of length (such as `pixel`).

    Examples
    --------
    >>> micrometres(325.0, "nm"), micrometres(1.0, "pixel")
    (0.325, None)
    """
    factor = _MICROMETRES.get(unit.strip().casefold())
    return None if factor is None else length * factor
