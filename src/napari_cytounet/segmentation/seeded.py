"""From seeds to whole objects: cores that do not touch grow into the foreground around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from napari_cytounet.segmentation.instances import smallest_dtype


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
        Labels in the smallest unsigned dtype that holds their number, 0 where there is background or no core
        within reach.

    Examples
    --------
    >>> label_seeds(np.array([[1, 0, 0, 1, 0, 0]], bool), np.array([[1, 1, 1, 1, 1, 0]], bool), reach=3)
    array([[1, 1, 2, 2, 2, 0]], dtype=uint8)
    """
    return grow(smallest_dtype(label(seeds & foreground, connectivity=1)), foreground, reach)


def grow(labels: NDArray[Any], inside: NDArray[np.bool_], reach: int) -> NDArray[Any]:
    """Let labels grow within a mask, a pixel a step along the axes; where two meet the higher number wins.

    Only the neighbours of what was reached last are looked at, so that it costs as much as there is to grow.
    """
    framed = np.pad(labels, 1)
    flat = framed.ravel()
    free = np.pad(inside & (labels == 0), 1).ravel()
    strides = [stride // framed.itemsize for stride in framed.strides]
    has_room = np.zeros_like(free)
    for step in strides:
        has_room[step:] |= free[:-step]
        has_room[:-step] |= free[step:]
    reached = np.flatnonzero(has_room & ~free)
    reached = reached[flat[reached] > 0]
    steps = (*strides, *(-step for step in strides))
    for _ in range(reach):
        values, found = flat[reached], []
        for step in steps:
            beside = reached + step
            grows = free[beside]
            beside = beside[grows]
            before = flat[beside]
            flat[beside] = np.maximum(before, values[grows])  # each pixel is there once for one step
            found.append(beside[before == 0])
        reached = np.concatenate(found)
        if len(reached) == 0:
            break
        free[reached] = False
    return framed[(slice(1, -1),) * framed.ndim]
