"""Where objects lie: centroid and bounding box of every label, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Places:
    """Places of N objects in an image of D dimensions, in pixels: 0 is the centre of the first one.

    Attributes
    ----------
    labels
        Ascending, (N,).
    centroids
        (N, D).
    first, last
        Corners of the bounding boxes, (N, D); the last pixel belongs to the object.
    """

    labels: NDArray[np.int64]
    centroids: NDArray[np.float64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def find_places(labels: NDArray[np.integer]) -> Places:
    """Find centroid and bounding box of every positive label.

    Examples
    --------
    >>> places = find_places(np.array([[0, 7, 7], [0, 0, 7]]))
    >>> places.labels, places.centroids.round(2), places.first, places.last
    (array([7]), array([[0.33, 1.67]]), array([[0, 1]]), array([[1, 2]]))
    """
    pixels = np.flatnonzero(labels > 0)
    distinct, numbers = np.unique(labels.ravel()[pixels], return_inverse=True)
    areas = np.bincount(numbers, minlength=len(distinct))
    centroids = np.empty((len(distinct), labels.ndim))
    first = np.empty((len(distinct), labels.ndim), np.int64)
    last = np.empty_like(first)
    for axis, positions in enumerate(np.unravel_index(pixels, labels.shape)):
        centroids[:, axis] = np.bincount(numbers, positions, minlength=len(distinct)) / areas
        first[:, axis], last[:, axis] = labels.shape[axis], -1
        np.minimum.at(first[:, axis], numbers, positions)
        np.maximum.at(last[:, axis], numbers, positions)
    return Places(distinct.astype(np.int64), centroids, first, last)
