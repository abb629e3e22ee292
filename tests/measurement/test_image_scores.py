from __future__ import annotations

import json

import numpy as np
import pytest

from napari_cytounet.errors import MaskError
from napari_cytounet.images.truth import Truth
from napari_cytounet.measurement.image_scores import score_image


def squares(*corners):
    labels = np.zeros((30, 30), np.int32)
    for number, (top, left) in enumerate(corners, start=1):
        labels[top : top + 8, left : left + 8] = number
    return Truth((labels > 0).astype(np.int16), labels)


def test_a_perfect_prediction_scores_one_everywhere():
    truth = squares((1, 1), (15, 15))
    scores = score_image(truth, truth).as_dict()
    assert [scores[name] for name in ("dice", "iou", "precision", "recall", "accuracy", "boundary_f1")] == [
        1
    ] * 6
    assert [entry["average_precision"] for entry in scores["objects"]] == [1] * 10
    assert set(scores["object_quality"].values()) == {1}
    assert scores["errors"] == {"merged": 0, "split": 0, "missed": 0, "invented": 0}


def test_without_objects_on_one_side_there_are_no_object_scores():
    truth = squares((1, 1))
    scores = score_image(Truth(truth.classes, None), truth)
    assert scores.objects is None
    assert [scores.as_dict()[name] for name in ("objects", "object_quality", "errors")] == [None] * 3


def test_the_mean_over_classes_leaves_out_absent_classes():
    truth = np.zeros((10, 10), np.int16)
    truth[:4], truth[6:] = 1, 2
    predicted = np.where(truth == 2, 0, truth)
    scores = score_image(Truth(predicted, None), Truth(truth, None), class_count=3).as_dict()
    assert [entry["dice"] for entry in scores["classes"]] == [1, 0, None]
    assert scores["dice"] == 0.5
    json.dumps(scores, allow_nan=False)


def test_planes_pool():
    one, other = squares((1, 1)), squares((15, 15), (1, 15))
    pooled = score_image(one, one, plane="Z=0") + score_image(other, one, plane="Z=1")
    objects = pooled.as_dict()["objects"][0]
    assert (objects["true_positives"], objects["false_positives"], objects["false_negatives"]) == (1, 2, 1)
    assert pooled.labelled == 2 * 30 * 30
    assert [(error.kind, error.plane) for error in pooled.objects.errors] == [
        ("missed", "Z=1"),
        ("invented", "Z=1"),
        ("invented", "Z=1"),
    ]


def test_different_sizes_are_an_error():
    small = Truth(np.zeros((5, 7), np.int16), None)
    with pytest.raises(MaskError, match=r"the prediction has 30 x 30 pixels and the truth 7 x 5"):
        score_image(squares(), small)
