"""SEG, the measure of segmentation of the Cell Tracking Challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.ratios import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_cytounet.measurement.overlaps import Overlaps


def seg_counts(overlaps: Overlaps) -> NDArray[np.float64]:
    """Add up the Jaccard index of each true object with the predicted one that holds more than half of it.

    Returns
    -------
    float64 (2,)
        The sum, and the number of true objects. Counts of several images may be added.
    """
    holds_most = overlaps.share_of_true > 0.5
    return np.array([overlaps.iou[holds_most].sum(), len(overlaps.true_labels)])


def seg(counts: ArrayLike) -> NDArray[np.float64]:
    """Return SEG: the mean over all true objects of their Jaccard index (IoU), 0 for those not found [1]_.

    A predicted object belongs to a true one if it holds more than half of its pixels. Objects that were made
    up cost nothing; that is what the measure is. NaN without true objects.

    Parameters
    ----------
    counts
        (..., 2), as `seg_counts` returns them or as sums of those.

    References
    ----------
    .. [1] Ulman et al.: An objective comparison of cell-tracking algorithms. Nature Methods 2017.

    Examples
    --------
    >>> from napari_cytounet.measurement.overlaps import count_overlaps
    >>> float(seg(seg_counts(count_overlaps(np.array([5, 5, 5, 0, 0, 6]), np.array([1, 1, 0, 2, 2, 0])))))
    0.3333333333333333
    """
    jaccard, objects = np.moveaxis(np.asarray(counts), -1, 0)
    return ratio(jaccard, objects, objects > 0)
