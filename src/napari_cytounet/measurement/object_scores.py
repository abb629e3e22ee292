"""How many objects are found: matching by intersection over union, average precision and F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_cytounet.measurement.overlaps import Overlaps, count_overlaps
from napari_cytounet.measurement.ratios import mean_of_defined, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

IOU_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


class ObjectScores(NamedTuple):
    """Scores of matched objects, defined as StarDist [1]_ defines them.

    A true and a predicted object may be matched if their intersection over union (IoU) reaches the threshold;
    as many are matched as possible, one to one. TP counts the matched pairs, FP the predicted objects without
    a partner, FN the true ones. All scores are 0 where nothing is matched, and NaN where neither truth nor
    prediction holds an object (StarDist returns 0 there; means over images leave such an image out).

    Attributes
    ----------
    average_precision
        TP / (TP + FP + FN); `accuracy` in StarDist's code and average precision (AP) in its paper.
    f1
        2 TP / (2 TP + FP + FN).
    mean_matched_iou
        Mean IoU of the matched pairs.

    References
    ----------
    .. [1] Schmidt, Weigert, Broaddus, Myers: Cell detection with star-convex polygons. MICCAI 2018.

    Examples
    --------
    Of two true objects one is found exactly and one is missed:

    >>> truth = np.array([[1, 1, 0, 2, 2]])
    >>> predicted = np.array([[7, 7, 0, 0, 0]])
    >>> object_scores(object_counts(predicted, truth, thresholds=[0.5]))
    ObjectScores(average_precision=array([0.5]), f1=array([0.66666667]), mean_matched_iou=array([1.]))
    """

    average_precision: NDArray[np.float64]
    f1: NDArray[np.float64]
    mean_matched_iou: NDArray[np.float64]


def object_counts(
    predicted: NDArray[np.integer],
    truth: NDArray[np.integer],
    thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> NDArray[np.float64]:
    """Match the objects of two label images and count the matches at each threshold.

    Parameters
    ----------
    predicted, truth
        Instance labels; see `count_overlaps`.
    thresholds
        Least IoU of a match, above 0 and up to 1.

    Returns
    -------
    float64 (len(thresholds), 4)
        TP, FP, FN and the sum of the IoU of the matched pairs. Counts of several images may be added.
    """
    return match_counts(count_overlaps(predicted, truth), thresholds)


def match_counts(overlaps: Overlaps, thresholds: Sequence[float] = IOU_THRESHOLDS) -> NDArray[np.float64]:
    """Count the matches of objects whose overlaps are known: see `object_counts`."""
    counts = np.zeros((len(thresholds), 4))
    true, predicted, iou = len(overlaps.true_labels), len(overlaps.predicted_labels), overlaps.iou
    for index, threshold in enumerate(thresholds):
        matched = _matched_iou(overlaps, iou, threshold)
        tp = len(matched)
        counts[index] = tp, predicted - tp, true - tp, matched.sum()
    return counts


def object_scores(counts: ArrayLike) -> ObjectScores:
    """Score counts of matched objects.

    Parameters
    ----------
    counts
        (..., 4), as `object_counts` returns them or as sums of those.

    Returns
    -------
    ObjectScores
        Arrays of shape (...).
    """
    tp, fp, fn, iou = np.moveaxis(np.asarray(counts), -1, 0)
    present = tp + fp + fn > 0
    return ObjectScores(
        average_precision=ratio(tp, tp + fp + fn, present),
        f1=ratio(2 * tp, 2 * tp + fp + fn, present),
        mean_matched_iou=ratio(iou, tp, present),
    )


def mean_average_precision(counts: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of the average precision over the IoU thresholds.

    With the thresholds 0.5 to 0.95 this is the score of the Data Science Bowl 2018 [1]_.

    Parameters
    ----------
    counts
        (..., thresholds, 4), as `object_counts` returns them or as sums of those.

    Returns
    -------
    float64 (...)

    References
    ----------
    .. [1] Caicedo et al.: Nucleus segmentation across imaging experiments. Nature Methods 2019.
    """
    return mean_of_defined(object_scores(counts).average_precision)


def _matched_iou(overlaps: Overlaps, iou: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """Return the IoU of each pair of the best matching: the largest one, with the largest sum of IoU."""
    candidate = iou >= threshold
    rows, columns = overlaps.true_index[candidate], overlaps.predicted_index[candidate]
    iou = iou[candidate]
    # Objects that compete for partners form groups; above an IoU of 0.5 every group is a single pair, so
    # that the assignment problems stay tiny however many objects there are.
    true_count = len(overlaps.true_labels)
    nodes = true_count + len(overlaps.predicted_labels)
    graph = coo_array((np.ones(len(rows)), (rows, true_count + columns)), shape=(nodes, nodes))
    group = connected_components(graph, directed=False)[1][rows]
    alone = np.bincount(group, minlength=nodes)[group] == 1
    contested = [
        _assign(rows[members], columns[members], iou[members])
        for members in (group == number for number in np.unique(group[~alone]))
    ]
    return np.concatenate([iou[alone], *contested])


def _assign(
    rows: NDArray[np.int64], columns: NDArray[np.int64], iou: NDArray[np.float64]
) -> NDArray[np.float64]:
    _, row = np.unique(rows, return_inverse=True)
    _, column = np.unique(columns, return_inverse=True)
    shape = (row.max() + 1, column.max() + 1)
    scores = np.zeros(shape)
    scores[row, column] = iou
    # A pair more always outweighs all that IoU can add.
    benefit = (scores > 0) + scores / (2 * min(shape))
    chosen: NDArray[np.float64] = scores[linear_sum_assignment(benefit, maximize=True)]
    return chosen[chosen > 0]
