"""Shapes of synthetic cells: wobbly ellipses that do not touch, and how thick they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

FloatPlane = NDArray[np.float64]

MEAN_RADIUS = 15.0
"""Pixels."""
_GAP = 3
"""Least distance between cells, in pixels."""
_TRIALS = 30
"""Places tried for a cell before it is given up."""


def draw_cells(
    shape: tuple[int, int], count: int, random: np.random.Generator
) -> tuple[NDArray[np.int32], FloatPlane]:
    """Draw cells at random places.

    Parameters
    ----------
    shape
        Height and width in pixels.
    count
        Number of cells; fewer where they find no room.
    random
        Source of all randomness.

    Returns
    -------
    instances
        1 and up, 0 for background; int32, (Y, X).
    thickness
        0 outside of cells, about 1 in the middle of one: a grainy dome with a nucleus; (Y, X).
    """
    instances = np.zeros(shape, dtype=np.int32)
    thickness = np.zeros(shape)
    taken = np.zeros(shape, dtype=bool)
    grain = gaussian_filter(random.standard_normal(shape), 1.5)
    grain /= np.abs(grain).max()
    for _ in range(count):
        outline = _random_outline(random)
        for _ in range(_TRIALS):
            centre = random.uniform((0, 0), shape)
            window = _window(centre, shape)
            radius, angle = _polar(window, centre)
            edge = outline(angle)
            inside = radius < edge
            if inside.any() and not taken[window][inside].any():
                instances[window][inside] = instances.max() + 1
                dome = _dome(radius / edge, random) * (1 + 0.4 * grain[window])
                thickness[window][inside] = dome[inside]
                taken[window] |= radius < edge + _GAP
                break
    return instances, thickness


def _random_outline(random: np.random.Generator) -> Callable[[FloatPlane], FloatPlane]:
    """Return a closed outline as a function: from angle to radius."""
    mean = MEAN_RADIUS * random.uniform(0.8, 1.2)
    orders = np.arange(2, 6)
    amplitudes = random.uniform(0, 0.25, orders.size) / (orders - 1)
    phases = random.uniform(0, 2 * np.pi, orders.size)

    def outline(angle: FloatPlane) -> FloatPlane:
        waves = amplitudes * np.cos(angle[..., np.newaxis] * orders + phases)
        radius: FloatPlane = mean * (1 + waves.sum(axis=-1))
        return radius

    return outline


def _window(centre: FloatPlane, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the part of the image that a cell at this place can reach, its gap included."""
    reach = 2 * MEAN_RADIUS + _GAP
    first = np.maximum(centre - reach, 0).astype(int)
    last = np.minimum(centre + reach + 1, shape).astype(int)
    return slice(first[0], last[0]), slice(first[1], last[1])


def _polar(window: tuple[slice, slice], centre: FloatPlane) -> tuple[FloatPlane, FloatPlane]:
    rows, columns = np.ogrid[window]
    y, x = rows - centre[0], columns - centre[1]
    return np.hypot(y, x), np.arctan2(y, x)


def _dome(distance: FloatPlane, random: np.random.Generator) -> FloatPlane:
    """Return the thickness at a distance from the centre, as a share of the way to the edge."""
    nucleus = random.uniform(0.15, 0.35) * np.exp(-((distance / 0.4) ** 4))
    dome: FloatPlane = 0.75 * np.sqrt(np.clip(1 - distance**2, 0, None)) + nucleus
    return dome
