"""How well the borders of a class are drawn: the boundary F1 within a tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt

from napari_cytounet.images.truth import UNLABELLED
from napari_cytounet.measurement.ratios import ratio
from napari_cytounet.settings import ScoreSettings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

TOLERANCE = ScoreSettings().tolerance


def boundary_counts(
    predicted: NDArray[np.integer],
    truth: NDArray[np.integer],
    class_count: int,
    tolerance: float = TOLERANCE,
) -> NDArray[np.int64]:
    """Count the boundary pixels of each class that have a partner on the other side.

    The boundary of a class are its pixels with one of their 4 neighbours outside the class. The edge of the
    image is no boundary, and neither is the edge of what is labelled: unlabelled pixels (-1 in `truth`)
    belong to no boundary and make none.

    Parameters
    ----------
    predicted, truth
        Class maps (Y, X), as for `pixel_counts`.
    class_count
        Number of classes without background.
    tolerance
        Euclidean distance in pixels up to which a boundary pixel counts as found.

    Returns
    -------
    int64 (class_count, 4)
        A class a row: predicted boundary pixels near a true one, predicted boundary pixels, true boundary
        pixels near a predicted one, true boundary pixels. Rows of several images may be added.
    """
    labelled = truth != UNLABELLED
    counts = np.zeros((class_count, 4), np.int64)
    for index in range(class_count):
        found = _boundary(predicted == index + 1, labelled)
        actual = _boundary(truth == index + 1, labelled)
        counts[index] = (
            _count_near(found, actual, tolerance),
            np.count_nonzero(found),
            _count_near(actual, found, tolerance),
            np.count_nonzero(actual),
        )
    return counts


def boundary_f1(counts: ArrayLike) -> NDArray[np.float64]:
    """Return the boundary F1, 2 P R / (P + R), of counts of boundary pixels.

    P is the share of predicted boundary pixels that lie within the tolerance of a true one, R the share of
    true boundary pixels within the tolerance of a predicted one [1]_ [2]_. NaN where neither side has a
    boundary, 0 where only one has.

    Parameters
    ----------
    counts
        (..., 4), as `boundary_counts` returns them or as sums of those.

    Returns
    -------
    float64 (...)

    References
    ----------
    .. [1] Csurka, Larlus, Perronnin: What is a good evaluation measure for semantic segmentation? BMVC 2013.
    .. [2] Perazzi et al.: A benchmark dataset and evaluation methodology for video object segmentation.
       CVPR 2016.

    Examples
    --------
    >>> truth = np.zeros((30, 30), int)
    >>> truth[5:15, 5:15] = 1
    >>> moved = np.roll(truth, 2, axis=0)
    >>> boundary_f1(boundary_counts(moved, truth, class_count=1, tolerance=2))
    array([1.])
    >>> boundary_f1(boundary_counts(moved, truth, class_count=1, tolerance=0)).round(3)
    array([0.444])
    """
    found_right, found, actual_found, actual = np.moveaxis(np.asarray(counts), -1, 0)
    present = found + actual > 0
    precision = ratio(found_right, found, present)
    recall = ratio(actual_found, actual, present)
    return ratio(2 * precision * recall, precision + recall, present)


def _boundary(inside: NDArray[np.bool_], labelled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    boundary: NDArray[np.bool_] = inside & labelled & binary_dilation(labelled & ~inside)
    return boundary


def _count_near(pixels: NDArray[np.bool_], others: NDArray[np.bool_], tolerance: float) -> int:
    if not others.any():
        return 0
    return int(np.count_nonzero(distance_transform_edt(~others)[pixels] <= tolerance))
