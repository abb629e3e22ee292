from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.errors import MaskError
from napari_cytounet.measurement.pixel_scores import pixel_counts, pixel_scores

CLASSES = 3
shapes = array_shapes(min_dims=2, max_dims=2, max_side=8)


@st.composite
def class_maps(draw):
    shape = draw(shapes)
    predicted = draw(arrays(np.uint8, shape, elements=st.integers(0, CLASSES)))
    truth = draw(arrays(np.int16, shape, elements=st.integers(-1, CLASSES)))
    return predicted, truth


def brute_force_counts(predicted, truth):
    counts = np.zeros((CLASSES, 4), int)
    for found, actual in zip(predicted.flat, truth.flat, strict=True):
        if actual == -1:
            continue
        for index in range(CLASSES):
            here, there = actual == index + 1, found == index + 1
            counts[index, [[3, 1], [2, 0]][int(here)][int(there)]] += 1
    return counts


@settings(max_examples=60, deadline=None)
@given(class_maps())
def test_counts_equal_counting_pixel_by_pixel(maps):
    np.testing.assert_array_equal(pixel_counts(*maps, CLASSES), brute_force_counts(*maps))


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (5, 4), elements=st.integers(0, 1000)))
def test_identities(counts):
    scores = pixel_scores(counts)
    np.testing.assert_allclose(scores.dice, 2 * scores.iou / (1 + scores.iou))
    both = scores.precision + scores.recall > 0
    harmonic = 2 * scores.precision * scores.recall / np.where(both, scores.precision + scores.recall, 1)
    np.testing.assert_allclose(scores.dice[both], harmonic[both])
    for score in scores:
        defined = score[np.isfinite(score)]
        assert ((defined >= 0) & (defined <= 1)).all()


@settings(max_examples=40, deadline=None)
@given(class_maps())
def test_swapping_truth_and_prediction_swaps_precision_and_recall(maps):
    predicted, truth = maps
    truth = np.maximum(truth, 0)
    there = pixel_scores(pixel_counts(predicted, truth, CLASSES))
    back = pixel_scores(pixel_counts(truth, predicted, CLASSES))
    for one, other in [("dice", "dice"), ("iou", "iou"), ("accuracy", "accuracy")]:
        np.testing.assert_array_equal(getattr(there, one), getattr(back, other))
    counts = pixel_counts(predicted, truth, CLASSES)
    np.testing.assert_array_equal(counts[:, [0, 2, 1, 3]], pixel_counts(truth, predicted, CLASSES))


@settings(max_examples=40, deadline=None)
@given(class_maps(), st.randoms(use_true_random=False))
def test_what_is_predicted_on_unlabelled_pixels_does_not_matter(maps, random):
    predicted, truth = maps
    other = predicted.copy()
    other[truth == -1] = random.randint(0, CLASSES)
    np.testing.assert_array_equal(
        pixel_counts(predicted, truth, CLASSES), pixel_counts(other, truth, CLASSES)
    )


def test_a_class_absent_in_both_is_undefined_but_for_accuracy():
    scores = pixel_scores(pixel_counts(np.zeros((4, 4), int), np.zeros((4, 4), int), class_count=1))
    assert np.isnan([scores.dice, scores.iou, scores.precision, scores.recall]).all()
    assert scores.accuracy == 1


@pytest.mark.parametrize("predicted_all", [True, False])
def test_a_class_on_one_side_only_scores_zero(predicted_all):
    ones, zeros = np.ones((4, 4), int), np.zeros((4, 4), int)
    maps = (ones, zeros) if predicted_all else (zeros, ones)
    assert {float(np.squeeze(score)) for score in pixel_scores(pixel_counts(*maps, class_count=1))} == {0.0}


def test_nothing_labelled_has_no_score_at_all():
    scores = pixel_scores(pixel_counts(np.ones((4, 4), int), np.full((4, 4), -1), class_count=1))
    assert np.isnan(scores).all()


@pytest.mark.parametrize(("predicted", "truth"), [(2, 1), (1, 2), (-1, 1)])
def test_unknown_classes_are_an_error(predicted, truth):
    with pytest.raises(MaskError, match="the same classes"):
        pixel_counts(np.full((2, 2), predicted), np.full((2, 2), truth), class_count=1)


def test_unsigned_and_wide_class_maps_do_not_overflow():
    ones = np.full((300, 300), 200, np.uint8)
    assert pixel_counts(ones, ones.astype(np.int16), class_count=200)[199, 0] == 90_000
