"""From seeds to whole objects: cores that do not touch grow into the foreground around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label


def label_seeds(seeds: NDArray[np.bool_], foreground: NDArray[np.bool_], reach: int) -> NDArray[Any]:
    """Label objects: each connected core, with the foreground that is nearest to it.

    Parameters
    ----------
    seeds
        Cores of objects, of any dimension. Pixels that touch at corners only belong to two cores.
    foreground
        What cores may grow into.
    reach
        Pixels that a core grows at most.

    Returns
    -------
    NDArray
        Labels, 0 where there is background or no core within reach.

    Examples
    --------
    >>> label_seeds(np.array([[1, 0, 0, 1, 0, 0]], bool), np.array([[1, 1, 1, 1, 1, 0]], bool), reach=3)
    array([[1, 1, 2, 2, 2, 0]], dtype=int32)
    """
    return grow(label(seeds & foreground, connectivity=1), foreground, reach)


def grow(labels: NDArray[Any], inside: NDArray[np.bool_], reach: int) -> NDArray[Any]:
    """Let labels grow within a mask, a pixel a step along the axes; where two meet the higher number wins.

    Only the pixels that are still free are looked at, so that it costs as much as there is to grow.
    """
    framed = np.pad(labels, 1)
    flat = framed.ravel()
    free = np.flatnonzero(np.pad(inside, 1).ravel() & (flat == 0))
    steps = np.array([stride // framed.itemsize for stride in framed.strides])
    for _ in range(reach):
        nearest = flat[free - steps[0]]
        for step in (*-steps[1:], *steps):
            np.maximum(nearest, flat[free + step], out=nearest)
        found = nearest > 0
        if not found.any():
            break
        flat[free[found]] = nearest[found]
        free = free[~found]
    return framed[(slice(1, -1),) * framed.ndim]
