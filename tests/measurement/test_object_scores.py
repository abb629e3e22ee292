from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.optimize import linear_sum_assignment

from napari_cytounet.measurement.object_scores import (
    IOU_THRESHOLDS,
    mean_average_precision,
    object_counts,
    object_scores,
)


def published_definition(predicted, truth, threshold):
    """Return TP, FP, FN and the summed IoU as StarDist defines them, with a dense matrix of all pairs."""
    true_labels, predicted_labels = (sorted(set(np.unique(side)) - {0}) for side in (truth, predicted))
    iou = np.zeros((len(true_labels), len(predicted_labels)))
    for i, true_label in enumerate(true_labels):
        for j, predicted_label in enumerate(predicted_labels):
            one, other = truth == true_label, predicted == predicted_label
            iou[i, j] = (one & other).sum() / (one | other).sum()
    if not (iou >= threshold).any():
        return 0, len(predicted_labels), len(true_labels), 0.0
    rows, columns = linear_sum_assignment(-(iou >= threshold).astype(float) - iou / (2 * min(iou.shape)))
    matched = iou[rows, columns][iou[rows, columns] >= threshold]
    return len(matched), len(predicted_labels) - len(matched), len(true_labels) - len(matched), matched.sum()


@st.composite
def label_images(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=2, max_side=9))
    labels = arrays(np.int32, shape, elements=st.integers(0, 4))
    return draw(labels), draw(labels)


@settings(max_examples=80, deadline=None)
@given(label_images())
def test_equals_the_published_definition(images):
    expected = [published_definition(*images, threshold) for threshold in IOU_THRESHOLDS]
    np.testing.assert_allclose(object_counts(*images), expected)


@settings(max_examples=80, deadline=None)
@given(label_images(), st.sampled_from([0.05, 0.1, 0.25, 0.4]))
def test_finds_the_largest_matching_where_objects_compete(images, threshold):
    expected = published_definition(*images, threshold)
    np.testing.assert_array_equal(object_counts(*images, [threshold])[0, :3], expected[:3])


def squares(*boxes, shape=(40, 40)):
    labels = np.zeros(shape, np.int32)
    for number, (top, left, height, width) in enumerate(boxes, start=1):
        labels[top : top + height, left : left + width] = number
    return labels


HAND_MADE = {
    "the same": (squares((2, 2, 10, 10)), squares((2, 2, 10, 10)), [1] * 10),
    "IoU of exactly 0.5 counts": (squares((0, 0, 10, 10)), squares((0, 0, 10, 5)), [1] + [0] * 9),
    "IoU of exactly 0.6 counts": (squares((0, 0, 10, 10)), squares((0, 0, 10, 6)), [1] * 3 + [0] * 7),
    "IoU of 1/3 does not": (squares((10, 10, 10, 10)), squares((15, 10, 10, 10)), [0] * 10),
    "two halves, one match": (
        squares((0, 0, 10, 10)),
        squares((0, 0, 10, 5), (0, 5, 10, 5)),
        [0.5] + [0] * 9,
    ),
    "one found, one missed, one made up": (
        squares((0, 0, 10, 10), (20, 20, 8, 8)),
        squares((0, 0, 10, 10), (30, 0, 5, 5)),
        [1 / 3] * 10,
    ),
    "two touching objects merged": (
        squares((0, 0, 10, 10), (0, 10, 10, 6)),
        squares((0, 0, 10, 16)),
        [0.5] * 3 + [0] * 7,
    ),
    "nothing found": (squares((0, 0, 3, 3)), squares(), [0] * 10),
    "nothing there": (squares(), squares((0, 0, 3, 3)), [0] * 10),
}


@pytest.mark.parametrize("case", HAND_MADE)
def test_average_precision_on_hand_made_cases(case):
    truth, predicted, expected = HAND_MADE[case]
    scores = object_scores(object_counts(predicted, truth))
    np.testing.assert_allclose(scores.average_precision, expected)
    np.testing.assert_allclose(scores.f1, 2 * scores.average_precision / (1 + scores.average_precision))


def test_mean_matched_iou_is_that_of_the_matched_only():
    truth = squares((0, 0, 10, 10), (20, 0, 10, 10), (20, 20, 10, 10))
    predicted = squares((0, 0, 10, 8), (20, 0, 10, 6), (20, 20, 10, 1))
    assert object_scores(object_counts(predicted, truth, [0.5])).mean_matched_iou == pytest.approx(0.7)


def test_the_mean_average_precision_is_that_over_the_thresholds():
    counts = object_counts(squares((0, 0, 10, 8)), squares((0, 0, 10, 10)))
    assert mean_average_precision(counts) == pytest.approx(7 / 10)


def test_no_objects_on_both_sides_is_undefined():
    assert np.isnan(object_scores(object_counts(squares(), squares()))).all()


def test_pooled_scores_are_those_of_the_sums():
    one = object_counts(squares((0, 0, 9, 9)), squares((0, 0, 9, 9)))
    other = object_counts(squares((0, 0, 5, 5), (10, 10, 5, 5)), squares((20, 20, 5, 5)))
    np.testing.assert_allclose(object_scores(one + other).average_precision, 1 / 4)


@settings(max_examples=30, deadline=None)
@given(label_images(), st.permutations(range(1, 5)), st.integers(0, 2**30))
def test_numbers_of_labels_do_not_matter(images, order, offset):
    predicted, truth = images
    renumbered = np.array([0, *(number + offset for number in order)], np.int64)[predicted]
    np.testing.assert_allclose(object_counts(renumbered, truth), object_counts(predicted, truth))


@settings(max_examples=30, deadline=None)
@given(label_images())
def test_symmetric(images):
    there, back = object_counts(*images), object_counts(*images[::-1])
    np.testing.assert_allclose(there, back[:, [0, 2, 1, 3]])


def test_unlabelled_pixels_are_left_out():
    truth = squares((0, 0, 10, 10))
    truth[:, 5:] = -1
    predicted = squares((0, 0, 10, 20), (30, 30, 5, 5))
    np.testing.assert_array_equal(object_counts(predicted, truth, [0.9]), [[1, 0, 0, 1.0]])


def test_thousands_of_objects():
    columns, rows = np.meshgrid(np.arange(100), np.arange(80))
    truth = np.kron(rows * 100 + columns + 1, np.pad(np.ones((8, 8), int), 1))
    predicted = np.roll(truth, 1, axis=0)
    np.testing.assert_allclose(object_counts(predicted, truth)[:, 0], [8000] * 6 + [0] * 4)
