"""A score over many images: the mean of the images, the pooled score, and how sure both are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.ratios import mean_of_defined, ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DRAWS = 1000
LEVEL = 0.95

Interval = tuple[float, float]


@dataclass(frozen=True)
class Summary:
    """One score over all images.

    Attributes
    ----------
    mean
        Mean of the scores of the images, those left out that have none (NaN); NaN if none has one.
    pooled
        Score of the sum of the counts of all images: a large image weighs more than a small one. NaN only
        where no image holds anything to score.
    images
        Number of images that the mean is over.
    mean_interval, pooled_interval
        95 % percentile interval from resampling images (bootstrap), from low to high: how much the number
        could differ with other images of the same kind. None with fewer than two images that have a score:
        one image tells nothing about the others.
    """

    mean: float
    pooled: float
    images: int
    mean_interval: Interval | None
    pooled_interval: Interval | None

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary; what is not defined is None."""
        return {
            "mean": json_number(self.mean),
            "mean_interval": list(self.mean_interval) if self.mean_interval else None,
            "pooled": json_number(self.pooled),
            "pooled_interval": list(self.pooled_interval) if self.pooled_interval else None,
            "images": self.images,
        }


def resamplings(images: int, seed: int, draws: int = DRAWS) -> NDArray[np.int64]:
    """Draw images with replacement, as many as there are, many times.

    Returns
    -------
    int64 (draws, images)
        How often each image was drawn (Efron's bootstrap; each row sums to `images`).

    Examples
    --------
    >>> resamplings(images=5, seed=0, draws=3).sum(axis=1)
    array([5, 5, 5])
    """
    return np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=draws)


def summarise(
    counts: NDArray[np.integer] | NDArray[np.floating],
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    draws: NDArray[np.int64],
) -> Summary:
    """Summarise a score over images.

    Parameters
    ----------
    counts
        (images, ...): what was counted in each image; counts of images may be added.
    score
        Makes the score of such counts; works on arrays of any number of leading axes.
    draws
        From `resamplings`.

    Examples
    --------
    Shares of right pixels, from counts of right pixels and of pixels:

    >>> counts = np.array([[5, 10], [10, 10], [30, 100]])
    >>> summary = summarise(counts, lambda c: c[..., 0] / c[..., 1], resamplings(3, seed=0))
    >>> summary.mean, summary.pooled, summary.mean_interval
    (0.6, 0.375, (0.3, 1.0))
    """
    counts = np.asarray(counts, np.float64)
    scores = score(counts)
    defined = np.isfinite(scores)
    mean, pooled = float(mean_of_defined(scores)), float(score(counts.sum(axis=0)))
    if np.count_nonzero(defined) < 2:
        return Summary(mean, pooled, int(defined.sum()), None, None)
    drawn = draws[:, defined].sum(axis=1)
    means = ratio(draws[:, defined] @ scores[defined], drawn, present=drawn > 0)
    pools = score(np.tensordot(draws, counts, axes=1))
    return Summary(mean, pooled, int(defined.sum()), _interval(means), _interval(pools))


def json_number(value: float) -> float | None:
    """Return the number, or None for NaN, which JSON does not know."""
    return None if math.isnan(value) else float(value)


def _interval(values: NDArray[np.float64]) -> Interval:
    tail = 50 * (1 - LEVEL)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)
