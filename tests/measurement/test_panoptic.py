from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.measurement.object_scores import object_counts, object_scores
from napari_cytounet.measurement.overlaps import count_overlaps
from napari_cytounet.measurement.panoptic import panoptic_counts, panoptic_scores


def published_definition(predicted, truth):
    """Return PQ, SQ and RQ by the formulas of Kirillov et al., pair by pair."""
    matched = []
    true_labels, predicted_labels = (set(side[side > 0].tolist()) for side in (truth, predicted))
    for true in true_labels:
        for found in predicted_labels:
            one, other = truth == true, predicted == found
            iou = (one & other).sum() / (one | other).sum()
            if iou > 0.5:
                matched.append(iou)
    tp, fp, fn = len(matched), len(predicted_labels) - len(matched), len(true_labels) - len(matched)
    if not tp + fp + fn:
        return [np.nan] * 3
    halved = tp + fp / 2 + fn / 2
    return [sum(matched) / halved, sum(matched) / tp if tp else 0, tp / halved]


@st.composite
def label_images(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=2, max_side=7))
    labels = arrays(np.int32, shape, elements=st.integers(0, 4))
    return draw(labels), draw(labels)


@settings(max_examples=80, deadline=None)
@given(label_images())
def test_equals_the_published_definition(images):
    scores = panoptic_scores(panoptic_counts(count_overlaps(*images)))
    np.testing.assert_allclose(scores, published_definition(*images))


@settings(max_examples=40, deadline=None)
@given(label_images())
def test_quality_is_the_product_of_its_factors(images):
    scores = panoptic_scores(panoptic_counts(count_overlaps(*images)))
    product = scores.segmentation_quality * scores.recognition_quality
    np.testing.assert_allclose(scores.panoptic_quality, product)
    above = object_scores(object_counts(*images, [0.5 + 1e-9]))
    np.testing.assert_allclose(scores.recognition_quality, above.f1[0])


def test_half_is_no_match():
    truth, predicted = np.array([1, 1, 1, 1]), np.array([3, 3, 0, 0])
    np.testing.assert_array_equal(panoptic_counts(count_overlaps(predicted, truth)), [0, 1, 1, 0])


@pytest.mark.parametrize(("hidden", "false_positives"), [(2, 1), (3, 0)])
def test_what_lies_mostly_where_nobody_labelled_is_no_false_positive(hidden, false_positives):
    truth = np.zeros(10, int)
    truth[:hidden] = -1
    predicted = np.array([5] * 4 + [0] * 6)
    counts = panoptic_counts(count_overlaps(predicted, truth))
    np.testing.assert_array_equal(counts, [0, false_positives, 0, 0])
