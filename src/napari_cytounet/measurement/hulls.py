"""The convex hulls of objects: their areas, and the largest and smallest diameters (after Feret).

The hull of an object is that of the middles of its pixels' edges, as in scikit-image. All coordinates are
doubled here, so that they are whole numbers and everything up to the diameters is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.measurement.object_pixels import ObjectPixels

    Values = dict[str, NDArray[np.integer] | NDArray[np.floating]]


def hulls(pixels: ObjectPixels, spacing: tuple[float, float] = (1.0, 1.0)) -> Values:
    """Return `area_convex` in pixels, and `feret_max` and `feret_min`.

    The area counts the pixels whose centre lies in the hull. The largest diameter is the largest distance of
    two of its corners, the smallest one the least distance of two parallel lines that hold it between them.

    Parameters
    ----------
    pixels
        The objects.
    spacing
        Height and width of a pixel, for the diameters.
    """
    starts = pixels.row_starts
    ends = np.append(starts[1:], len(pixels.owner)) - 1
    owner, rows = pixels.owner[starts], pixels.rows[starts]
    left = _convex(_side(owner, rows, pixels.columns[starts], outwards=-1))
    right = _convex(_side(owner, rows, -pixels.columns[ends], outwards=-1))
    largest, smallest = _diameters(left, right, pixels.count, spacing)
    return {
        "area_convex": _areas(left, right, pixels.count),
        "feret_max": largest,
        "feret_min": smallest,
    }


@dataclass(frozen=True, eq=False)
class _Chain:
    """The left side of many hulls from top to bottom; the right side is that of the mirror image."""

    owner: NDArray[np.int64]
    y: NDArray[np.int64]
    x: NDArray[np.int64]


def _side(
    owner: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64], outwards: int
) -> _Chain:
    """Return the outermost edge middles of each object: three a row, and the outer one where rows meet."""
    y = np.concatenate([2 * rows - 1, 2 * rows, 2 * rows + 1])
    x = np.concatenate([2 * columns, 2 * columns + outwards, 2 * columns])
    owners = np.tile(owner, 3)
    order = np.lexsort((x, y, owners))
    owners, y, x = owners[order], y[order], x[order]
    first = (np.diff(owners, prepend=-1) != 0) | (np.diff(y, prepend=y[0] - 1) != 0)
    return _Chain(owners[first], y[first], x[first])


def _convex(chain: _Chain) -> _Chain:
    """Leave out all points that their neighbours leave inside, until none is left to leave out.

    A corner of the hull never lies inside of two other points, so that many may go at once.
    """
    while True:
        owner, y, x = chain.owner, chain.y, chain.x
        between = np.zeros(len(owner), bool)
        between[1:-1] = owner[2:] == owner[:-2]
        at = np.flatnonzero(between)
        turn = (x[at] - x[at - 1]) * (y[at + 1] - y[at - 1]) - (x[at + 1] - x[at - 1]) * (y[at] - y[at - 1])
        inside = at[turn >= 0]
        if not len(inside):
            return chain
        keep = np.ones(len(owner), bool)
        keep[inside] = False
        chain = _Chain(owner[keep], y[keep], x[keep])


def _areas(left: _Chain, right: _Chain, count: int) -> NDArray[np.int64]:
    """Count the pixel centres between both sides."""
    numbers = np.arange(count)
    first = left.y[np.searchsorted(left.owner, numbers)] + 1
    last = left.y[np.searchsorted(left.owner, numbers, side="right") - 1] - 1
    heights = (last - first) // 2 + 1
    owner = np.repeat(numbers, heights)
    begins = np.cumsum(heights) - heights
    y = first[owner] + 2 * (np.arange(len(owner)) - begins[owner])
    # The right side is mirrored: its first column is minus the last one.
    width = -_first_column(right, owner, y) - _first_column(left, owner, y) + 1
    return np.bincount(owner, width, minlength=count).astype(np.int64)


def _first_column(chain: _Chain, owner: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first column whose centre lies on or inside the chain, in some rows of some objects."""
    lowest = int(chain.y.min())
    span = int(chain.y.max()) - lowest + 1
    keys, wanted = chain.owner * span + chain.y - lowest, owner * span + y - lowest
    below = np.searchsorted(keys, wanted, side="right")
    above = below - 1
    height = chain.y[below] - chain.y[above]
    doubled = chain.x[above] * height + (chain.x[below] - chain.x[above]) * (y - chain.y[above])
    column: NDArray[np.int64] = -(-doubled // (2 * height))
    return column


def _diameters(
    left: _Chain, right: _Chain, count: int, spacing: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest and the smallest diameter of each hull."""
    owner = np.concatenate([left.owner, right.owner])
    # Down the left side and up the right one.
    along = np.concatenate([left.y, -right.y])
    side = np.repeat([0, 1], [len(left.y), len(right.y)])
    order = np.lexsort((along, side, owner))
    owner = owner[order]
    y = np.concatenate([left.y, right.y])[order] * spacing[0] / 2
    x = np.concatenate([left.x, -right.x])[order] * spacing[1] / 2
    corners = np.bincount(owner, minlength=count)
    begins = np.cumsum(corners) - corners
    place = np.arange(len(owner)) - begins[owner]

    following = begins[owner] + (place + 1) % corners[owner]
    side_y, side_x = y[following] - y, x[following] - x
    length = np.hypot(side_y, side_x)
    largest, widths = np.zeros(count), np.zeros(len(owner))
    for step in range(1, int(corners.max(initial=1))):
        at = np.flatnonzero(step < corners[owner])
        other = begins[owner[at]] + (place[at] + step) % corners[owner[at]]
        away_y, away_x = y[other] - y[at], x[other] - x[at]
        np.maximum.at(largest, owner[at], np.hypot(away_y, away_x))
        across = np.abs(side_y[at] * away_x - side_x[at] * away_y)
        widths[at] = np.maximum(widths[at], across / np.maximum(length[at], np.finfo(float).tiny))
    widths[length == 0] = np.inf  # both sides meet in one corner
    smallest = np.full(count, np.inf)
    np.minimum.at(smallest, owner, widths)
    return largest, smallest
