"""What the border pixels of objects tell: two estimates of the perimeter, and holes.

The definitions are those of `skimage.measure.regionprops`; here they are counted for thousands of objects at
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_fill_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.measurement.object_pixels import ObjectPixels

    Values = dict[str, NDArray[np.integer] | NDArray[np.floating]]

_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))

# Length of outline that a border pixel stands for, by 1 + 2 for each side and 10 for each corner where the
# outline goes on (Benkrid, Crookes, Benkrid: Design and FPGA implementation of a perimeter estimator, 2000).
_LENGTHS = np.zeros(50)
_LENGTHS[[5, 7, 15, 17, 25, 27]] = 1
_LENGTHS[[21, 33]] = np.sqrt(2)
_LENGTHS[[13, 23]] = (1 + np.sqrt(2)) / 2

# For squares of 2 x 2 pixels, by which of them an object has: 1 the lower right one, 2 the upper right, 4 the
# lower left, 8 the upper left. Crofton's formula with four directions; the Euler number of 8-connectivity.
_R2 = np.sqrt(2)
_CROFTON = (
    np.pi
    / 4
    * np.array([0, 1 + 1 / _R2, 1 / _R2, _R2, 0, 1 + 1 / _R2, 0, 1 / _R2, 1, 2, 1 / _R2, 1 / _R2, 1, 2, 0, 0])
)
_EULER = np.array([0, 0, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0, 0, -1, 0])
_HELD = np.array([max(bin(square).count("1"), 1) for square in range(16)])
_ROLES = (
    # The bit of the pixel itself, and of the neighbours in the same square.
    (1, {(0, -1): 4, (-1, 0): 2, (-1, -1): 8}),
    (2, {(1, 0): 1, (0, -1): 8, (1, -1): 4}),
    (4, {(0, 1): 1, (-1, 0): 8, (-1, 1): 2}),
    (8, {(1, 1): 1, (0, 1): 2, (1, 0): 4}),
)


def outlines(pixels: ObjectPixels) -> Values:
    """Return `perimeter`, `perimeter_crofton`, `euler_number` (parts less holes) and `area_filled`."""
    same = {step: pixels.same(*step) for step in _SIDES + _CORNERS}
    crofton, euler = np.zeros(pixels.count), np.zeros(pixels.count)
    for bit, neighbours in _ROLES:
        square = np.full(len(pixels.owner), bit)
        for step, neighbour_bit in neighbours.items():
            square += neighbour_bit * same[step]
        # Every pixel that an object has in a square counts it once more.
        crofton += pixels.total((_CROFTON / _HELD)[square])
        euler += pixels.total((_EULER / _HELD)[square])
    return {
        "area_filled": _filled_areas(pixels, same[0, -1]),
        "perimeter": _perimeters(pixels, same),
        "perimeter_crofton": crofton,
        "euler_number": np.rint(euler).astype(np.int64),
    }


def _perimeters(pixels: ObjectPixels, same: dict[tuple[int, int], NDArray[np.bool_]]) -> NDArray[np.float64]:
    labels, flat = pixels.window
    border = ~np.logical_and.reduce([same[step] for step in _SIDES])
    is_border = np.zeros(labels.size, bool)
    is_border[flat] = border
    code = np.ones(len(flat), np.int64)
    for steps, weight in ((_SIDES, 2), (_CORNERS, 10)):
        for down, right in steps:
            goes_on = same[down, right] & is_border[flat + down * labels.shape[1] + right]
            code += weight * goes_on
    return pixels.total(np.where(border, _LENGTHS[code], 0.0))


def _filled_areas(pixels: ObjectPixels, same_left: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return areas with holes filled; only objects with a gap in some row can have one."""
    areas = pixels.areas.copy()
    runs = pixels.total(~same_left)
    rows = np.bincount(pixels.owner[pixels.row_starts], minlength=pixels.count)
    ends = np.append(pixels.starts[1:], len(pixels.owner))
    for number in np.flatnonzero(runs > rows):
        own = slice(pixels.starts[number], ends[number])
        down, right = pixels.rows[own], pixels.columns[own]
        down, right = down - down.min(), right - right.min()
        mask = np.zeros((down.max() + 1, right.max() + 1), bool)
        mask[down, right] = True
        areas[number] = np.count_nonzero(binary_fill_holes(mask, np.ones((3, 3))))
    return areas
