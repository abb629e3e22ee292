"""The neighbours of objects: how many touch it, how many are near, and how far the next one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray


def touching(labels: NDArray[np.integer], wanted: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count the other objects that each object touches, by an edge or a corner of a pixel.

    Parameters
    ----------
    labels
        (Y, X) instance labels; 0 and negative numbers are no object.
    wanted
        The labels that there are, ascending.

    Examples
    --------
    >>> touching(np.array([[1, 2, 0], [0, 0, 3]]), np.array([1, 2, 3]))
    array([1, 2, 1])
    """
    height, width = labels.shape
    pairs = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = labels[: height - down, max(-right, 0) : width - max(right, 0)]
        other = labels[down:, max(right, 0) : width + min(right, 0)]
        meet = (one != other) & (one > 0) & (other > 0)
        pairs.append(np.sort(np.stack([one[meet], other[meet]], axis=-1).astype(np.int64), axis=1))
    distinct = np.unique(np.concatenate(pairs), axis=0)
    counts: NDArray[np.int64] = np.bincount(
        np.searchsorted(wanted, distinct.ravel()), minlength=len(wanted)
    ).astype(np.int64)
    return counts


def nearest_distance(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance from each centre to the next one, in their own unit; NaN for a single object.

    Parameters
    ----------
    centres
        (N, D).
    """
    if len(centres) < 2:
        return np.full(len(centres), np.nan)
    distances: NDArray[np.float64] = KDTree(centres).query(centres, k=2)[0][:, 1]
    return distances


def count_within(centres: NDArray[np.float64], distance: float) -> NDArray[np.int64]:
    """Count the other centres within a distance of each."""
    if not len(centres):
        return np.zeros(0, np.int64)
    near = KDTree(centres).query_ball_point(centres, distance, return_length=True)
    return np.asarray(near, np.int64) - 1
