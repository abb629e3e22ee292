from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist
from skimage.segmentation import find_boundaries

from napari_cytounet.measurement.boundary import boundary_counts, boundary_f1

masks = arrays(np.uint8, (9, 11), elements=st.integers(0, 1))


def score(predicted, truth, tolerance):
    return boundary_f1(boundary_counts(predicted, truth, 1, tolerance))[0]


@settings(max_examples=50, deadline=None)
@given(masks, masks, st.sampled_from([0, 1, 1.5, 3]))
def test_counts_equal_all_distances_between_boundary_pixels(predicted, truth, tolerance):
    found = np.argwhere(find_boundaries(predicted, connectivity=1, mode="inner"))
    actual = np.argwhere(find_boundaries(truth, connectivity=1, mode="inner"))
    near = cdist(found, actual) <= tolerance
    expected = [near.any(axis=1).sum(), len(found), near.any(axis=0).sum(), len(actual)]
    np.testing.assert_array_equal(boundary_counts(predicted, truth, 1, tolerance), [expected])


@settings(max_examples=30, deadline=None)
@given(masks, masks)
def test_symmetric_and_never_worse_with_more_tolerance(predicted, truth):
    scores = [score(predicted, truth, tolerance) for tolerance in (0, 1, 2, 20)]
    assert score(truth, predicted, 1) == pytest.approx(scores[1], nan_ok=True)
    if np.isfinite(scores[0]):
        assert scores == sorted(scores)


def test_no_boundary_anywhere_is_undefined_and_on_one_side_zero():
    full, square = np.ones((10, 10), int), np.zeros((10, 10), int)
    square[3:6, 3:6] = 1
    assert np.isnan(score(full, full, 1))
    assert score(full, square, 1) == 0
    assert score(square, full, 1) == 0


def test_each_class_has_its_own_boundary():
    truth = np.zeros((12, 12), int)
    truth[2:6, 2:6], truth[7:11, 7:11] = 1, 2
    predicted = np.where(truth == 2, 0, truth)
    np.testing.assert_array_equal(boundary_f1(boundary_counts(predicted, truth, 2)), [1, 0])


def test_the_edge_of_what_is_labelled_is_no_boundary():
    truth = np.full((20, 20), -1)
    truth[5:15, 5:10] = 1
    truth[5:15, 10:15] = 0
    counts = boundary_counts(np.ones_like(truth), truth, 1)
    np.testing.assert_array_equal(counts, [[0, 0, 0, 10]])
