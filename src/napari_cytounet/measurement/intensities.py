"""How bright objects are, channel by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.measurement.object_pixels import ObjectPixels

    Values = dict[str, NDArray[np.integer] | NDArray[np.floating]]


def intensities(pixels: ObjectPixels, image: NDArray[np.generic]) -> Values:
    """Return mean, least, largest, standard deviation and sum of the pixels of each object.

    Parameters
    ----------
    pixels
        The objects.
    image
        (C, Y, X). Where it is NaN inside an object, all of these are.

    Returns
    -------
    dict of arrays
        `mean_intensity_c0`, `min_…`, `max_…`, `std_…`, `integrated_intensity_c0`, then channel 1 and so on.
    """
    columns: Values = {}
    for channel, plane in enumerate(image):
        inside = plane[pixels.rows, pixels.columns]
        values = inside.astype(np.float64)
        total = pixels.total(values)
        mean = total / pixels.areas
        squares = pixels.total((values - mean[pixels.owner]) ** 2)
        exact = inside.view(np.uint8) if inside.dtype == np.bool_ else inside
        columns[f"mean_intensity_c{channel}"] = mean
        columns[f"min_intensity_c{channel}"] = np.minimum.reduceat(exact, pixels.starts)
        columns[f"max_intensity_c{channel}"] = np.maximum.reduceat(exact, pixels.starts)
        columns[f"std_intensity_c{channel}"] = np.sqrt(squares / pixels.areas)
        columns[f"integrated_intensity_c{channel}"] = total
    return columns
