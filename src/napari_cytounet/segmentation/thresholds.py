"""Where foreground begins: finding a threshold, and comparing with one.

One rule everywhere: a pixel is foreground if it *reaches* the threshold; of dark objects, if it stays
below it. Comparing is kept apart from everything slower, so that a preview can follow a slider.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_li, threshold_otsu, threshold_triangle

Method = Literal["otsu", "li", "triangle"]

FINDERS: dict[str, Callable[[NDArray[Any]], float]] = {
    "otsu": threshold_otsu,
    "li": threshold_li,
    "triangle": threshold_triangle,
}
# The triangle hangs from the peak of the histogram: bins that are nearly empty would make that peak noise.
GREY_LEVELS = {"otsu": 65536, "li": 65536, "triangle": 256}
AMONG_SEVERAL = 0.4
"""Threshold of each of several classes where none was chosen by a score.

A pixel of which classes share the probability may be each of them with less than one half and still be
background least of all.
"""

OUTLIERS = 1e-5
"""Share of the brightest and of the darkest pixels that is clipped before a threshold is looked for."""

ROWS_AT_ONCE = 64
"""So many rows stay in the processor's cache while one class after the other is compared."""


def find_threshold(plane: NDArray[Any], method: Method) -> float:
    """Return the threshold that a method finds in one plane.

    The histogram is taken after the few brightest and darkest pixels (1 in 100,000, and at least one of each)
    were clipped to the next: a single hot pixel of a camera would otherwise stretch it until everything else
    lies in one bin.

    Parameters
    ----------
    plane
        Finite intensities or probabilities, (Y, X) or any other shape.
    method
        `otsu` (Otsu 1979), `li` (Li & Tam 1998) or `triangle` (Zack et al. 1977), as in scikit-image.

    Returns
    -------
    float
        A value halfway between the grey levels that it parts, so that it cannot matter whether a pixel
        reaches it or exceeds it. NaN where the plane has no contrast: nothing reaches NaN, and nothing stays
        below it.

    Examples
    --------
    >>> find_threshold(np.array([[10, 10, 11, 11], [200, 200, 200, 60_000]], np.uint16), "otsu")
    11.5
    """
    low, high = range_without_outliers(plane)
    if low == high:
        return float("nan")
    exact = np.issubdtype(plane.dtype, np.integer) and high - low < GREY_LEVELS[method]
    step = 1.0 if exact else (high - low) / (GREY_LEVELS[method] - 1)
    levels = np.rint((np.clip(plane, low, high) - low) / step).astype(np.uint16)
    return float(low + (np.floor(FINDERS[method](levels)) + 0.5) * step)


def range_without_outliers(plane: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest value after the few darkest and brightest were left out."""
    values = plane.ravel()
    clipped = min(int(np.ceil(OUTLIERS * values.size)), (values.size - 1) // 2)
    last = values.size - 1 - clipped
    ordered = np.partition(values, (clipped, last))
    return float(ordered[clipped]), float(ordered[last])


def reaches(plane: NDArray[Any], threshold: float, *, dark_objects: bool = False) -> NDArray[np.bool_]:
    """Return where a plane is foreground: at or above the threshold, or below it for dark objects."""
    return plane < threshold if dark_objects else plane >= threshold


def unscored_thresholds(classes: int) -> tuple[float, ...]:
    """Return thresholds of probabilities for a model that nobody scored yet, one for each class.

    Examples
    --------
    >>> unscored_thresholds(1), unscored_thresholds(2)
    ((0.5,), (0.4, 0.4))
    """
    return (0.5,) if classes == 1 else (AMONG_SEVERAL,) * classes


def apply_thresholds(probabilities: NDArray[Any], thresholds: Sequence[float]) -> NDArray[Any]:
    """Return the class map of probabilities: the most probable of the classes that reach their threshold.

    Parameters
    ----------
    probabilities
        (K, Y, X): one channel a foreground class.
    thresholds
        K numbers.

    Returns
    -------
    NDArray
        (Y, X), the smallest unsigned dtype that holds K: 0 background, 1 to K the classes. Where two classes
        are equally probable the first wins.

    Examples
    --------
    >>> apply_thresholds(np.array([[[0.6, 0.4, 0.2]], [[0.3, 0.5, 0.3]]]), (0.5, 0.25))
    array([[1, 2, 2]], dtype=uint8)
    """
    if len(thresholds) != len(probabilities):
        raise ValueError(f"{len(probabilities)} classes need as many thresholds, got {len(thresholds)}")
    classes = np.zeros(probabilities.shape[1:], np.min_scalar_type(len(thresholds)))
    for top in range(0, len(classes), ROWS_AT_ONCE):
        rows = slice(top, top + ROWS_AT_ONCE)
        _apply_to_rows(probabilities[:, rows], thresholds, classes[rows])
    return classes


def _apply_to_rows(probabilities: NDArray[Any], thresholds: Sequence[float], classes: NDArray[Any]) -> None:
    highest = np.full(classes.shape, -np.inf, probabilities.dtype)
    for number, (probability, threshold) in enumerate(zip(probabilities, thresholds, strict=True), start=1):
        wins = reaches(probability, threshold) & (probability > highest)
        np.copyto(classes, number, where=wins, casting="unsafe")
        np.copyto(highest, probability, where=wins)
