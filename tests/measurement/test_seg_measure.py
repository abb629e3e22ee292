from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.measurement.overlaps import count_overlaps
from napari_cytounet.measurement.seg_measure import seg, seg_counts


def published_definition(predicted, truth):
    """Return SEG as the Cell Tracking Challenge defines it, object by object."""
    scores = []
    for true in set(truth[truth > 0].tolist()):
        reference, score = truth == true, 0.0
        for found in set(predicted[predicted > 0].tolist()):
            segment = predicted == found
            if (reference & segment).sum() > 0.5 * reference.sum():
                score = (reference & segment).sum() / (reference | segment).sum()
        scores.append(score)
    return np.mean(scores) if scores else np.nan


@st.composite
def label_images(draw):
    shape = draw(array_shapes(min_dims=1, max_dims=2, max_side=7))
    labels = arrays(np.int32, shape, elements=st.integers(0, 4))
    return draw(labels), draw(labels)


@settings(max_examples=80, deadline=None)
@given(label_images())
def test_equals_the_published_definition(images):
    np.testing.assert_allclose(seg(seg_counts(count_overlaps(*images))), published_definition(*images))


HAND_MADE = {
    "the same": ([1, 1, 2, 2], [5, 5, 6, 6], 1),
    "half is not enough": ([1, 1, 1, 1], [5, 5, 0, 0], 0),
    "more than half": ([1, 1, 1, 1], [5, 5, 5, 0], 0.75),
    "merged: each counts with its Jaccard index": ([1, 1, 1, 2], [5, 5, 5, 5], (3 / 4 + 1 / 4) / 2),
    "what is made up costs nothing": ([1, 1, 0, 0], [5, 5, 6, 6], 1),
    "missed": ([1, 1, 2, 2], [5, 5, 0, 0], 0.5),
}


@pytest.mark.parametrize("case", HAND_MADE)
def test_hand_made_cases(case):
    truth, predicted, expected = HAND_MADE[case]
    overlaps = count_overlaps(np.array(predicted), np.array(truth))
    assert seg(seg_counts(overlaps)) == pytest.approx(expected)


def test_no_true_object_is_undefined():
    assert np.isnan(seg(seg_counts(count_overlaps(np.array([1]), np.array([0])))))
