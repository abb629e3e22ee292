"""Division for scores: what 0 / 0 means is decided here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def ratio(part: ArrayLike, whole: ArrayLike, present: ArrayLike) -> NDArray[np.float64]:
    """Return `part / whole` as a score.

    Parameters
    ----------
    part, whole
        Arrays that broadcast against each other.
    present
        Where there is anything to score. Elsewhere the score is NaN: nothing to find and nothing found is
        neither right nor wrong. Where there is something to score and `whole` is 0, the score is 0 (the
        precision of a prediction that finds nothing, for instance).

    Examples
    --------
    >>> ratio([3, 0, 0], [4, 0, 0], present=[True, True, False])
    array([0.75, 0.  ,  nan])
    """
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    quotient = np.divide(part, whole, out=np.zeros(whole.shape), where=whole != 0)
    return np.where(present, quotient, np.nan)


def mean_of_defined(scores: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Return the mean of the scores along an axis, NaN left out; NaN where all are NaN.

    Examples
    --------
    >>> mean_of_defined([[1.0, 0.5], [np.nan, 0.5], [np.nan, np.nan]])
    array([0.75, 0.5 ,  nan])
    """
    scores = np.asarray(scores, np.float64)
    count = np.isfinite(scores).sum(axis)
    return ratio(np.nansum(scores, axis), count, present=count > 0)
