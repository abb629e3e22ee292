"""Size, place and ellipse of objects, from the moments of their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.measurement.object_pixels import ObjectPixels

    Values = dict[str, NDArray[np.integer] | NDArray[np.floating]]

ELLIPSE = ("major_axis", "minor_axis", "eccentricity", "orientation")


def centroids(pixels: ObjectPixels) -> Values:
    """Return `centroid_y` and `centroid_x` in pixels; 0 is the centre of the first pixel."""
    return {
        "centroid_y": pixels.total(pixels.rows) / pixels.areas,
        "centroid_x": pixels.total(pixels.columns) / pixels.areas,
    }


def ellipses(pixels: ObjectPixels, spacing: tuple[float, float] = (1.0, 1.0)) -> Values:
    """Return the axes, eccentricity and orientation of the ellipses with the same second moments.

    As scikit-image defines them: the orientation is the angle between the rows' axis and the major axis, from
    -π/2 to π/2, counter-clockwise.

    Parameters
    ----------
    pixels
        The objects.
    spacing
        Height and width of a pixel.
    """
    rows, columns = (_centred(pixels, axis, spacing) for axis in (0, 1))
    vertical, horizontal, mixed = (
        pixels.total(product) / pixels.areas for product in (rows * rows, columns * columns, rows * columns)
    )
    middle, spread = (vertical + horizontal) / 2, np.hypot((vertical - horizontal) / 2, mixed)
    large, small = middle + spread, np.maximum(middle - spread, 0)
    flatness = np.divide(small, large, out=np.ones_like(large), where=large > 0)
    level = np.where(mixed > 0, np.pi / 4, -np.pi / 4)
    turned = 0.5 * np.arctan2(2 * mixed, vertical - horizontal)
    return {
        "major_axis": 4 * np.sqrt(large),
        "minor_axis": 4 * np.sqrt(small),
        "eccentricity": np.sqrt(1 - flatness),
        "orientation": np.where(vertical == horizontal, level, turned),
    }


def hu_moments(pixels: ObjectPixels) -> Values:
    """Return the seven moments of Hu, `hu_1` to `hu_7`, which no shift, turn or scale changes."""
    rows, columns = (_centred(pixels, axis, (1.0, 1.0)) for axis in (0, 1))

    def nu(down: int, right: int) -> NDArray[np.float64]:
        scaled: NDArray[np.float64] = pixels.total(rows**down * columns**right) / pixels.areas ** (
            (down + right) / 2 + 1
        )
        return scaled

    n20, n02, n11, n30, n03, n21, n12 = (
        nu(*order) for order in ((2, 0), (0, 2), (1, 1), (3, 0), (0, 3), (2, 1), (1, 2))
    )
    t0, t1 = n30 + n12, n21 + n03
    q0, q1 = t0 * t0, t1 * t1
    d0, d1 = n30 - 3 * n12, 3 * n21 - n03
    moments = (
        n20 + n02,
        (n20 - n02) ** 2 + 4 * n11**2,
        d0**2 + d1**2,
        q0 + q1,
        d0 * t0 * (q0 - 3 * q1) + d1 * t1 * (3 * q0 - q1),
        (n20 - n02) * (q0 - q1) + 4 * n11 * t0 * t1,
        d1 * t0 * (q0 - 3 * q1) - d0 * t1 * (3 * q0 - q1),
    )
    return {f"hu_{number}": moment for number, moment in enumerate(moments, start=1)}


def _centred(pixels: ObjectPixels, axis: int, spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Return the distance of each pixel from the centroid of its object along an axis."""
    places = (pixels.rows, pixels.columns)[axis]
    first = places[pixels.starts]  # sums stay small, and exact, far from the corner of the image
    relative = (places - first[pixels.owner]).astype(np.float64)
    means = pixels.total(relative) / pixels.areas
    centred: NDArray[np.float64] = (relative - means[pixels.owner]) * spacing[axis]
    return centred
