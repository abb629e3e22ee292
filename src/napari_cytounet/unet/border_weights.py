"""Ronneberger's border weights: gaps between neighbouring objects count more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def border_weights(instances: NDArray[np.signedinteger], weight: float, sigma: float) -> NDArray[np.float32]:
    """Return 1 plus an extra weight for background pixels that lie between two objects.

    ``w = 1 + w0 * exp(-(d1 + d2)^2 / (2 sigma^2))``, where d1 and d2 are the distances to the nearest and
    the second nearest object (Ronneberger et al., MICCAI 2015, equation 2).

    Parameters
    ----------
    instances
        (Y, X) labels: 0 background, 1 and up the objects; negative pixels get no extra weight.
    weight
        w0.
    sigma
        In pixels.

    Returns
    -------
    NDArray[np.float32]
        (Y, X).

    Examples
    --------
    >>> border_weights(np.array([[1, 0, 2, 0, 0, 0]]), weight=10, sigma=2).round(1)
    array([[1. , 7.1, 1. , 2.4, 1.1, 1. ]], dtype=float32)
    """
    boxes = ndimage.find_objects(np.maximum(instances, 0))
    shape = instances.shape
    nearest = np.full(shape, np.inf, dtype=np.float32)
    second = np.full(shape, np.inf, dtype=np.float32)
    # Beyond 4 sigma of an object the weight is below 4e-4 of w0: a box around each object is enough.
    reach = int(np.ceil(4 * sigma))
    for label, box in enumerate(boxes, start=1):
        if box is None:
            continue
        around = tuple(
            slice(max(0, side.start - reach), min(size, side.stop + reach))
            for side, size in zip(box, shape, strict=True)
        )
        distance = ndimage.distance_transform_edt(instances[around] != label).astype(np.float32)
        second[around] = np.minimum(second[around], np.maximum(nearest[around], distance))
        nearest[around] = np.minimum(nearest[around], distance)
    extra = weight * np.exp(-((nearest + second) ** 2) / (2 * sigma**2))
    return np.where(instances == 0, 1 + extra, 1).astype(np.float32)
