from __future__ import annotations

import json

import numpy as np
import pytest

from napari_cytounet.images.truth import Truth
from napari_cytounet.measurement.evaluation import summarise_images
from napari_cytounet.measurement.image_scores import score_image
from napari_cytounet.measurement.object_scores import IOU_THRESHOLDS


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    scored = []
    for number in range(6):
        truth = (generator.random((20, 20)) < 0.1 * number).astype(np.int16)
        predicted = np.where(generator.random((20, 20)) < 0.2, 1 - truth, truth)
        side = [Truth(classes, classes.astype(np.int32)) for classes in (predicted, truth)]
        scored.append(score_image(*side, name=f"image {number}"))
    return scored


def test_mean_and_pooled_are_those_of_the_images(images):
    evaluation = summarise_images(images, tolerance=2.0)
    per_image = [image.as_dict() for image in images]
    tp, fp, fn, _ = sum(image.classes for image in images)[0, :4]
    assert evaluation.scores["dice"].pooled == pytest.approx(2 * tp / (2 * tp + fp + fn))
    for name in ("dice", "iou", "precision", "recall", "accuracy", "boundary_f1"):
        assert evaluation.scores[name].mean == pytest.approx(np.mean([scores[name] for scores in per_image]))
        assert evaluation.class_scores[0][name] == evaluation.scores[name]
    half = [scores["objects"][0]["average_precision"] for scores in per_image]
    assert evaluation.object_scores[0.5]["average_precision"].mean == pytest.approx(np.mean(half))


def test_intervals_hold_the_mean_and_follow_the_seed(images):
    one = summarise_images(images, tolerance=2.0, seed=1)
    low, high = one.scores["dice"].mean_interval
    assert low < one.scores["dice"].mean < high
    assert one.scores == summarise_images(images, tolerance=2.0, seed=1).scores
    assert one.scores != summarise_images(images, tolerance=2.0, seed=2).scores


def test_one_image_says_that_there_is_no_interval(images):
    evaluation = summarise_images(images[3:4], tolerance=2.0)
    assert evaluation.scores["dice"].mean_interval is None
    assert "no interval" in evaluation.notes[0]


def test_json(images):
    evaluation = summarise_images(images, tolerance=2.0, notes=["read me"])
    text = json.dumps(evaluation.as_dict(), allow_nan=False)
    assert json.loads(text)["notes"] == ["read me"]
    assert len(json.loads(text)["per_image"]) == 6
    assert [entry["iou_threshold"] for entry in json.loads(text)["objects"]] == list(IOU_THRESHOLDS)


def test_pooled_quality_is_that_of_all_objects(images):
    evaluation = summarise_images(images, tolerance=2.0)
    tp, fp, fn, iou, jaccard, objects = sum(image.objects.quality for image in images)
    quality = evaluation.object_quality
    assert quality["panoptic_quality"].pooled == pytest.approx(iou / (tp + fp / 2 + fn / 2))
    assert quality["seg"].pooled == pytest.approx(jaccard / objects)
    aps = [scores["average_precision"].pooled for scores in evaluation.object_scores.values()]
    assert quality["mean_average_precision"].pooled == pytest.approx(np.mean(aps))


def test_errors_carry_the_name_of_their_image(images):
    result = summarise_images(images, tolerance=2.0).as_dict()
    assert len(result["errors"]) == sum(result["error_counts"].values()) > 0
    assert {error["image"] for error in result["errors"]} <= {image.name for image in images}
