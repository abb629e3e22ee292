"""Panoptic quality: how many objects are recognised, times how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_cytounet.measurement.ratios import ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from napari_cytounet.measurement.overlaps import Overlaps

MATCH = 0.5
"""Above this IoU no object has more than one partner."""


class PanopticScores(NamedTuple):
    """Panoptic quality and its two factors, of objects of one class [1]_.

    Objects match where their IoU is above 0.5. All are NaN where neither side holds an object.

    Attributes
    ----------
    panoptic_quality
        PQ, the sum of the IoU of the matched pairs / (TP + FP / 2 + FN / 2).
    segmentation_quality
        SQ, the mean IoU of the matched pairs.
    recognition_quality
        RQ, TP / (TP + FP / 2 + FN / 2): the F1 of the objects.

    References
    ----------
    .. [1] Kirillov, He, Girshick, Rother, Dollár: Panoptic segmentation. CVPR 2019.
    """

    panoptic_quality: NDArray[np.float64]
    segmentation_quality: NDArray[np.float64]
    recognition_quality: NDArray[np.float64]


def panoptic_counts(overlaps: Overlaps) -> NDArray[np.float64]:
    """Count the matches of the panoptic quality.

    As published, a predicted object without a partner is no false positive if more than half of it lies where
    nobody labelled.

    Returns
    -------
    float64 (4,)
        TP, FP, FN and the sum of the IoU of the matched pairs. Counts of several images may be added.
    """
    iou = overlaps.iou
    matched = iou > MATCH
    tp = int(np.count_nonzero(matched))
    strangers = np.ones(len(overlaps.predicted_labels), bool)
    strangers[overlaps.predicted_index[matched]] = False
    hidden = overlaps.unlabelled_areas > MATCH * (overlaps.unlabelled_areas + overlaps.predicted_areas)
    fp = int(np.count_nonzero(strangers & ~hidden))
    return np.array([tp, fp, len(overlaps.true_labels) - tp, iou[matched].sum()])


def panoptic_scores(counts: ArrayLike) -> PanopticScores:
    """Score counts of matches, (..., 4), as `panoptic_counts` returns them or as sums of those.

    Examples
    --------
    Two of three true objects are found, with an IoU of 0.8 and 0.6, and one object is made up:

    >>> PanopticScores(*(float(score.round(3)) for score in panoptic_scores([2, 1, 1, 1.4])))
    PanopticScores(panoptic_quality=0.467, segmentation_quality=0.7, recognition_quality=0.667)
    """
    tp, fp, fn, iou = np.moveaxis(np.asarray(counts), -1, 0)
    present = tp + fp + fn > 0
    halved = tp + fp / 2 + fn / 2
    return PanopticScores(
        panoptic_quality=ratio(iou, halved, present),
        segmentation_quality=ratio(iou, tp, present),
        recognition_quality=ratio(tp, halved, present),
    )
