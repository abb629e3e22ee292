"""Finding the thresholds of foreground and seeds that give the best objects on validation data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from napari_cytounet.images.truth import UNLABELLED
from napari_cytounet.segmentation.seeded import label_seeds

IOUS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Average precision is averaged over these. A pair of objects above one half is the only one of both."""

FOREGROUNDS = (0.4, 0.5, 0.6, 0.7, 0.8)
SEEDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

REACH = 24
"""Working pixels that a seed grows at most."""


def growth(scale: float) -> int:
    """Return the pixels that a seed grows at most, in a plane that was resized by a factor."""
    return math.ceil(REACH / scale)


class ObjectThresholds(NamedTuple):
    """From where on a pixel is foreground, and from where on the core of an object."""

    foreground: float
    seeds: float


UNCALIBRATED = ObjectThresholds(0.5, 0.5)
"""Thresholds where nothing tells better ones."""


class ObjectCalibration:
    """Counts matched objects at a grid of thresholds, plane after plane.

    Examples
    --------
    >>> calibration = ObjectCalibration()
    >>> sure = np.array([[0.0, 0.9, 0.9, 0.9, 0.9, 0.0]])
    >>> calibration.update(sure, np.array([[0.0, 0.9, 0.45, 0.45, 0.9, 0.0]]), np.array([[0, 1, 1, 2, 2, 0]]))
    >>> calibration.best()
    (ObjectThresholds(foreground=0.6, seeds=0.7), 1.0)
    """

    def __init__(self, foregrounds: Sequence[float] = FOREGROUNDS, seeds: Sequence[float] = SEEDS) -> None:
        self._foregrounds, self._seeds = foregrounds, seeds
        # Axes: foreground, seeds, IoU; true, found and matched objects.
        self._counts = np.zeros((len(foregrounds), len(seeds), len(IOUS), 3), np.int64)

    def update(
        self, foreground: NDArray[np.floating], seeds: NDArray[np.floating], truth: NDArray[np.signedinteger]
    ) -> None:
        """Count the objects of a plane, or of a part of one.

        Parameters
        ----------
        foreground
            (Y, X) probability of the most probable class.
        seeds
            (Y, X) how certainly each pixel belongs to the core of an object.
        truth
            (Y, X) the objects: `UNLABELLED`, 0 background, 1 and up.
        """
        labelled = truth != UNLABELLED
        values, compact = np.unique(np.where(labelled, truth, 0), return_inverse=True)
        compact = compact.reshape(truth.shape) + (values[0] != 0)
        for row, least in enumerate(self._foregrounds):
            inside = foreground >= least
            for column, core in enumerate(self._seeds):
                found = label_seeds(seeds >= core, inside, REACH)
                self._counts[row, column] += _matches(np.where(labelled, found, 0), compact)

    def best(self) -> tuple[ObjectThresholds, float]:
        """Return the thresholds of the highest mean average precision, and that; 0 where nothing was found.

        Of thresholds that are equally good the middle ones are taken.
        """
        true, found, matched = np.moveaxis(self._counts, -1, 0)
        precision = (matched / np.maximum(true + found - matched, 1)).mean(axis=-1)
        best = np.argwhere(precision == precision.max())
        row, column = best[len(best) // 2]
        return ObjectThresholds(self._foregrounds[row], self._seeds[column]), float(precision.max())


def _matches(found: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.int64]:
    """Return true, found and matched objects at each of `IOUS`, from labels that are numbered 1, 2, ..."""
    true_areas, found_areas = np.bincount(truth.ravel()), np.bincount(found.ravel())
    both = (truth > 0) & (found > 0)
    pairs = coo_array(
        (np.ones(np.count_nonzero(both), np.int64), (truth[both], found[both])),
        shape=(len(true_areas), len(found_areas)),
    ).tocsr()
    rows, columns = pairs.nonzero()
    overlap = pairs.data / (true_areas[rows] + found_areas[columns] - pairs.data)
    counts = (np.count_nonzero(areas[1:]) for areas in (true_areas, found_areas))
    return np.array(
        [(*counts_of, np.count_nonzero(overlap > iou)) for counts_of in [tuple(counts)] for iou in IOUS]
    )
