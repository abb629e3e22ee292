"""Outlines: closed rings drawn around objects, and the objects that they enclose."""

from __future__ import annotations

from functools import reduce

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

THICKEST_LINE = 6
"""Widest line in pixels that still counts as an outline: a 1-pixel pen up to a generous brush."""


def fill_outlines(outlines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill everything that closed rings enclose.

    The same as `scipy.ndimage.binary_fill_holes` and several times faster: what the border of the image
    cannot reach through the background (by edges, not corners) is inside. A ring that is not closed, or
    that the border cuts, stays a line.

    Parameters
    ----------
    outlines
        Lines, bool, (Y, X).

    Returns
    -------
    NDArray[np.bool_]
        The lines and what they enclose, bool, (Y, X).

    Examples
    --------
    >>> ring = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    >>> fill_outlines(ring).astype(int)
    array([[0, 1, 0],
           [1, 1, 1],
           [0, 1, 0]])
    """
    regions, count = ndi.label(~outlines)
    outside = np.zeros(count + 1, dtype=bool)
    for border in (regions[0], regions[-1], regions[:, 0], regions[:, -1]):
        outside[border] = True
    outside[0] = False  # the lines themselves, where they touch the border
    filled: NDArray[np.bool_] = ~outside[regions]
    return filled


def lines_are_thin(foreground: NDArray[np.bool_]) -> bool:
    """Tell whether the foreground is made of lines rather than of areas.

    Lines are thin if hardly any foreground survives an erosion by a square wider than `THICKEST_LINE`: no
    more than one pixel in twenty, so that crossings and blots are forgiven.

    Examples
    --------
    >>> square = np.zeros((40, 40), dtype=bool)
    >>> square[5:35, 5:35] = True
    >>> lines_are_thin(square)
    False
    >>> square[7:33, 7:33] = False
    >>> lines_are_thin(square)
    True
    """
    height, width = (max(length - THICKEST_LINE, 0) for length in foreground.shape)
    shifts = range(THICKEST_LINE + 1)
    # By shifted views, since the filters of scipy.ndimage take ten times as long.
    in_columns = reduce(np.logical_and, (foreground[shift : shift + height] for shift in shifts))
    in_squares = reduce(np.logical_and, (in_columns[:, shift : shift + width] for shift in shifts))
    return bool(np.count_nonzero(in_squares) <= np.count_nonzero(foreground) / 20)


def enclosed_area(outlines: NDArray[np.bool_]) -> int:
    """Count the pixels that closed rings enclose, their lines not counted.

    Examples
    --------
    >>> enclosed_area(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool))
    1
    """
    return int(np.count_nonzero(fill_outlines(outlines)) - np.count_nonzero(outlines))
