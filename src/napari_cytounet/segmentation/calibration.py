"""Finding the thresholds that are best on validation data, without keeping that data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 1024
FALLBACK = 0.5
"""Threshold of a class that was never seen or never found."""


class Calibration:
    """Histograms of probabilities over foreground and background, and the best thresholds by them.

    Feed it planes with `update`; memory does not grow with them. Probabilities are counted in 1024 bins, so
    that for thresholds that are multiples of 1/1024 all figures are exact and not estimates.

    With several classes each is judged for itself, against all others taken together (one against the rest):
    its threshold does not see that a more probable class may win the pixel.

    Parameters
    ----------
    class_count
        Number of foreground classes K.

    Examples
    --------
    >>> calibration = Calibration(1)
    >>> calibration.update(np.array([[[0.1, 0.3, 0.6, 0.8]]]), np.array([[0, 0, 1, -1]]))
    >>> calibration.thresholds(), calibration.dice()
    ((0.4501953125,), (1.0,))
    >>> calibration.dice_at(0.25)
    (0.6666666666666666,)
    """

    def __init__(self, class_count: int) -> None:
        # Axes: class, background or foreground, bin.
        self._counts = np.zeros((class_count, 2, BINS), np.int64)

    def update(self, probabilities: NDArray[Any], truth_classes: NDArray[Any]) -> None:
        """Count the labelled pixels of a plane.

        Parameters
        ----------
        probabilities
            (K, Y, X), 0 to 1.
        truth_classes
            (Y, X): negative where nobody labelled, 0 background, 1 to K the classes.
        """
        labelled = truth_classes >= 0
        truth = truth_classes[labelled]
        for number, counts in enumerate(self._counts, start=1):
            # Times a power of two is exact, also in 32 bits: a bin holds i / BINS <= p < (i + 1) / BINS.
            bins = np.minimum((probabilities[number - 1][labelled] * BINS).astype(np.int64), BINS - 1)
            counts += np.bincount(bins + BINS * (truth == number), minlength=2 * BINS).reshape(2, BINS)

    def add(self, other: Calibration) -> None:
        """Take in what another calibration of the same classes counted."""
        self._counts += other._counts

    def thresholds(self) -> tuple[float, ...]:
        """Return the threshold of best Dice of each class, strictly between 0 and 1.

        Where a range of thresholds is equally good its middle is taken (of several, that of the widest). A
        class of which no labelled pixel is found at any threshold gets 0.5.
        """
        return tuple(_middle_of_best(dice) / BINS for dice in self._dice_curves())

    def dice(self) -> tuple[float, ...]:
        """Return the Dice coefficient of each class at its threshold, pooled over all labelled pixels."""
        return tuple(
            float(curve[int(threshold * BINS)])
            for curve, threshold in zip(self._dice_curves(), self.thresholds(), strict=True)
        )

    def dice_at(self, threshold: float) -> tuple[float, ...]:
        """Return the Dice coefficient of each class at one threshold, rounded up to a multiple of 1/1024.

        NaN for a class of which there is no pixel, neither in the truth nor above the threshold.
        """
        index = int(np.clip(np.ceil(threshold * BINS), 0, BINS))
        return tuple(float(curve[index]) for curve in self._dice_curves())

    def curves(self, points: int) -> NDArray[np.float64]:
        """Return the Dice coefficient at evenly spaced thresholds from 0 to 1.

        Parameters
        ----------
        points
            How many steps from 0 to 1, a divisor of 1024.

        Returns
        -------
        float64 (K, points + 1)
            NaN where there is no pixel of a class, neither in the truth nor above the threshold.
        """
        return self._dice_curves()[:, :: BINS // points]

    def counts_at(self, thresholds: Sequence[float]) -> NDArray[np.int64]:
        """Return the pixels right and wrong with a threshold for each class, rounded up as in `dice_at`.

        Returns
        -------
        int64 (K, 4)
            True positives, false positives, false negatives and true negatives.

        Examples
        --------
        >>> calibration = Calibration(1)
        >>> calibration.update(np.array([[[0.1, 0.3, 0.6, 0.8]]]), np.array([[0, 1, 1, -1]]))
        >>> calibration.counts_at([0.5])
        array([[1, 0, 1, 1]])
        """
        first = [int(np.clip(np.ceil(value * BINS), 0, BINS)) for value in thresholds]
        above = [counts[:, index:].sum(axis=-1) for counts, index in zip(self._counts, first, strict=True)]
        false_positive, true_positive = np.moveaxis(np.array(above), -1, 0)
        negative, positive = np.moveaxis(self._counts.sum(axis=-1), -1, 0)
        missed, spared = positive - true_positive, negative - false_positive
        counts: NDArray[np.int64] = np.stack([true_positive, false_positive, missed, spared], axis=-1)
        return counts

    def _dice_curves(self) -> NDArray[np.float64]:
        """Return the Dice coefficient at thresholds 0, 1/BINS, ..., 1: (K, BINS + 1)."""
        reaching = np.zeros((*self._counts.shape[:2], BINS + 1))
        reaching[..., :-1] = self._counts[..., ::-1].cumsum(axis=-1)[..., ::-1]
        false_positive, true_positive = reaching[:, 0], reaching[:, 1]
        predicted_and_true = true_positive + false_positive + true_positive[:, :1]
        with np.errstate(invalid="ignore"):
            return 2 * true_positive / predicted_and_true


def _middle_of_best(dice: NDArray[np.float64]) -> int:
    candidates = dice[1:-1]
    if not np.nan_to_num(candidates).any():
        return int(FALLBACK * BINS)
    best = np.flatnonzero(candidates == np.nanmax(candidates)) + 1
    ranges = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    widest = max(ranges, key=len)
    return int(widest[0] + widest[-1]) // 2
