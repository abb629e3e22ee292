"""How far two conditions are apart: effect sizes of images, and how sure they are.

The unit is the image, not the cell: cells of one image are alike, and counting them as independent makes any
difference look sure (pseudoreplication).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.summary import LEVEL, json_number, resamplings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.measurement.summary import Interval

DRAWS = 2000


@dataclass(frozen=True)
class Effect:
    """How one quantity differs between the images of two conditions.

    Attributes
    ----------
    quantity
        Its name: a column of the tables, or `objects`, the number of objects in an image.
    images
        Number of images of each condition that have it.
    means
        Mean over the images of each condition.
    difference
        Second mean less the first.
    hedges_g
        That difference by the pooled standard deviation of images, corrected for few images [1]_: by custom
        0.2 is small, 0.5 medium and 0.8 large. NaN with fewer than two images on a side, or without spread.
    cliffs_delta
        How often an image of the second condition has more than one of the first, less how often it has
        less [2]_: from -1 to 1, and 0 where neither is larger.
    difference_interval, hedges_g_interval, cliffs_delta_interval
        95 % percentile intervals from resampling the images of each condition; None with fewer than two.

    References
    ----------
    .. [1] Hedges: Distribution theory for Glass's estimator of effect size and related estimators. 1981.
    .. [2] Cliff: Dominance statistics: ordinal analyses to answer ordinal questions. 1993.
    """

    quantity: str
    images: tuple[int, int]
    means: tuple[float, float]
    difference: float
    hedges_g: float
    cliffs_delta: float
    difference_interval: Interval | None
    hedges_g_interval: Interval | None
    cliffs_delta_interval: Interval | None

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary; what is not defined is None."""
        numbers = ("difference", "hedges_g", "cliffs_delta")
        return {
            "quantity": self.quantity,
            "images": list(self.images),
            "means": [json_number(mean) for mean in self.means],
            **{name: json_number(getattr(self, name)) for name in numbers},
            **{
                f"{name}_interval": None if interval is None else [json_number(end) for end in interval]
                for name in numbers
                for interval in [getattr(self, f"{name}_interval")]
            },
        }


def compare_images(
    quantity: str, first: NDArray[np.floating], second: NDArray[np.floating], seed: int = 0
) -> Effect:
    """Compare one quantity between the images of two conditions.

    Parameters
    ----------
    quantity
        Its name.
    first, second
        Its value in each image, at least one on each side; NaN is left out.
    seed
        Of the resampling.

    Examples
    --------
    >>> effect = compare_images("area_px", np.array([10.0, 12, 14]), np.array([14.0, 16, 18]))
    >>> effect.difference, round(effect.hedges_g, 3), round(effect.cliffs_delta, 3)
    (4.0, 1.6, 0.889)
    """
    first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    once = np.ones((1, len(first))), np.ones((1, len(second)))
    difference, g, delta = (float(values[0]) for values in _effects(first, second, *once))
    intervals: list[Interval | None] = [None, None, None]
    if min(len(first), len(second)) > 1:
        # Two seeds, so that the draws of one side tell nothing of those of the other.
        draws = resamplings(len(first), 2 * seed, DRAWS), resamplings(len(second), 2 * seed + 1, DRAWS)
        intervals = [_interval(values) for values in _effects(first, second, *draws)]
    return Effect(
        quantity,
        (len(first), len(second)),
        (_mean(first), _mean(second)),
        difference,
        g,
        delta,
        *intervals,
    )


def _effects(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    first_draws: NDArray[np.float64] | NDArray[np.int64],
    second_draws: NDArray[np.float64] | NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return difference, Hedges' g and Cliff's delta for images drawn so often, (draws, images) each."""
    counts = len(first), len(second)
    (mean_1, squares_1), (mean_2, squares_2) = _moments(first, first_draws), _moments(second, second_draws)
    freedom = sum(counts) - 2
    difference = mean_2 - mean_1
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.sqrt((squares_1 + squares_2) / freedom) if freedom > 0 else np.full_like(mean_1, np.nan)
        correction = 1 - 3 / (4 * freedom - 1) if min(counts) > 1 else np.nan
        g = np.where(pooled > 0, correction * difference / pooled, np.nan)
    larger = np.sign(second[:, np.newaxis] - first).astype(np.float64)
    delta = ((second_draws @ larger) * first_draws).sum(axis=1) / (counts[0] * counts[1])
    return difference, g, delta


def _moments(
    values: NDArray[np.floating], draws: NDArray[np.float64] | NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and sum of squared deviations of each draw."""
    centred = values - values.mean()  # so that squares keep their digits
    mean = draws @ centred / len(values)
    squares = np.maximum(draws @ centred**2 - len(values) * mean**2, 0)
    squares[squares <= 1e-12 * max(float((centred**2).sum()), np.finfo(float).tiny)] = 0
    return mean + values.mean(), squares


def _interval(values: NDArray[np.float64]) -> Interval | None:
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean())
