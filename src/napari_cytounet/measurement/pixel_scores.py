"""How many pixels of each class are right: Dice, IoU, precision, recall and accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_cytounet.errors import MaskError
from napari_cytounet.images.truth import UNLABELLED
from napari_cytounet.measurement.ratios import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class PixelScores(NamedTuple):
    """Scores of one class against all else, from its true and false positives and negatives (TP, FP, FN, TN).

    All are 1 at best and 0 at worst. For a class that neither truth nor prediction holds, all but `accuracy`
    are NaN, and means over images or classes leave it out; where only one of the two holds it, they are 0.

    Attributes
    ----------
    dice
        2 TP / (2 TP + FP + FN), the F1 of the pixels; 2 IoU / (1 + IoU).
    iou
        TP / (TP + FP + FN), intersection over union, the Jaccard index.
    precision
        TP / (TP + FP), the share of what was predicted that is right.
    recall
        TP / (TP + FN), the share of what is there that was found.
    accuracy
        (TP + TN) / (TP + FP + FN + TN), the share of labelled pixels that are right; high where there is
        little of the class, whatever is predicted. NaN if no pixel is labelled.

    Examples
    --------
    >>> truth = np.array([[1, 1, 0, 0], [1, 1, 0, -1]])
    >>> predicted = np.array([[1, 1, 1, 0], [1, 0, 0, 1]])
    >>> scores = pixel_scores(pixel_counts(predicted, truth, class_count=1))
    >>> {name: score.tolist() for name, score in scores._asdict().items()}  # doctest: +NORMALIZE_WHITESPACE
    {'dice': [0.75], 'iou': [0.6], 'precision': [0.75], 'recall': [0.75],
     'accuracy': [0.7142857142857143]}
    """

    dice: NDArray[np.float64]
    iou: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def pixel_counts(
    predicted: NDArray[np.integer], truth: NDArray[np.integer], class_count: int
) -> NDArray[np.int64]:
    """Count true positives, false positives, false negatives and true negatives of each class.

    Counts of several images may be added before they are scored (pooled scores).

    Parameters
    ----------
    predicted
        Class map of any shape: 0 background, 1 to `class_count`.
    truth
        Class map of the same shape; pixels that are -1 (`UNLABELLED`) are left out.
    class_count
        Number of classes without background.

    Returns
    -------
    int64 (class_count, 4)
        TP, FP, FN and TN of class 1, 2, ….

    Raises
    ------
    MaskError
        If a map holds a class above `class_count`, or the prediction a negative one.

    Examples
    --------
    >>> pixel_counts(np.array([0, 1, 2, 2]), np.array([0, 1, 1, -1]), class_count=2)
    array([[1, 0, 1, 1],
           [0, 1, 0, 2]])
    """
    labelled = truth != UNLABELLED
    actual, found = truth[labelled], predicted[labelled]
    for name, classes in (("truth", actual), ("prediction", found)):
        if classes.size and not 0 <= classes.min() <= classes.max() <= class_count:
            raise MaskError(
                f"the {name} holds classes {classes.min()} to {classes.max()}, but only 0 to {class_count} "
                "are known: compare class maps with the same classes"
            )
    size = class_count + 1
    pairs = actual.astype(np.int64) * size + found
    confusion = np.bincount(pairs, minlength=size * size).reshape(size, size)
    right = np.diagonal(confusion)[1:]
    false_positive = confusion.sum(axis=0)[1:] - right
    false_negative = confusion.sum(axis=1)[1:] - right
    true_negative = actual.size - right - false_positive - false_negative
    return np.stack([right, false_positive, false_negative, true_negative], axis=-1)


def pixel_scores(counts: ArrayLike) -> PixelScores:
    """Score counts of pixels.

    Parameters
    ----------
    counts
        (..., 4): TP, FP, FN and TN, as `pixel_counts` returns them or as sums of those.

    Returns
    -------
    PixelScores
        Arrays of shape (...).
    """
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts), -1, 0)
    present = tp + fp + fn > 0
    labelled = tp + fp + fn + tn
    return PixelScores(
        dice=ratio(2 * tp, 2 * tp + fp + fn, present),
        iou=ratio(tp, tp + fp + fn, present),
        precision=ratio(tp, tp + fp, present),
        recall=ratio(tp, tp + fn, present),
        accuracy=ratio(tp + tn, labelled, labelled > 0),
    )
