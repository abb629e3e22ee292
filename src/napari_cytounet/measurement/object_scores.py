"""How many objects are found: matching by intersection over union, average precision and F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_cytounet.images.truth import UNLABELLED
from napari_cytounet.measurement.ratios import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

IOU_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


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
    predicted
        Instance labels of any shape: 0 background, any other positive number one object.
    truth
        Instance labels of the same shape. Pixels that are -1 (`UNLABELLED`) are left out: objects are
        compared by the rest of their pixels, and one that lies wholly there counts nowhere.
    thresholds
        Least IoU of a match, above 0 and up to 1.

    Returns
    -------
    float64 (len(thresholds), 4)
        TP, FP, FN and the sum of the IoU of the matched pairs. Counts of several images may be added.
    """
    labelled = truth != UNLABELLED
    overlaps = _overlaps(predicted[labelled], truth[labelled])
    counts = np.zeros((len(thresholds), 4))
    for index, threshold in enumerate(thresholds):
        matched = _matched_iou(overlaps, threshold)
        tp = len(matched)
        counts[index] = tp, overlaps.predicted_count - tp, overlaps.true_count - tp, matched.sum()
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


class _Overlaps(NamedTuple):
    """The pairs of objects that share pixels (sparse: most pairs of thousands of objects share none)."""

    true_count: int
    predicted_count: int
    true_index: NDArray[np.int64]
    predicted_index: NDArray[np.int64]
    iou: NDArray[np.float64]


def _overlaps(predicted: NDArray[np.integer], truth: NDArray[np.integer]) -> _Overlaps:
    predicted, truth = predicted.astype(np.int64), truth.astype(np.int64)
    true_labels, true_areas = np.unique(truth[truth > 0], return_counts=True)
    predicted_labels, predicted_areas = np.unique(predicted[predicted > 0], return_counts=True)
    both = (truth > 0) & (predicted > 0)
    true_index = np.searchsorted(true_labels, truth[both])
    predicted_index = np.searchsorted(predicted_labels, predicted[both])
    # One number for each pair of indices: much faster than unique rows.
    width = max(len(predicted_labels), 1)
    pairs, shared = np.unique(true_index * width + predicted_index, return_counts=True)
    true_index, predicted_index = np.divmod(pairs, width)
    union = true_areas[true_index] + predicted_areas[predicted_index] - shared
    return _Overlaps(len(true_labels), len(predicted_labels), true_index, predicted_index, shared / union)


def _matched_iou(overlaps: _Overlaps, threshold: float) -> NDArray[np.float64]:
    """Return the IoU of each pair of the best matching: the largest one, with the largest sum of IoU."""
    candidate = overlaps.iou >= threshold
    rows, columns = overlaps.true_index[candidate], overlaps.predicted_index[candidate]
    iou = overlaps.iou[candidate]
    # Objects that compete for partners form groups; above an IoU of 0.5 every group is a single pair, so
    # that the assignment problems stay tiny however many objects there are.
    nodes = overlaps.true_count + overlaps.predicted_count
    graph = coo_array((np.ones(len(rows)), (rows, overlaps.true_count + columns)), shape=(nodes, nodes))
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
