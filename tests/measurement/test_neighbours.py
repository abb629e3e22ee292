from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_dilation
from scipy.spatial.distance import cdist

from napari_cytounet.measurement.neighbours import count_within, nearest_distance, touching

labels_strategy = arrays(
    np.int32, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(-1, 6)
)


@settings(max_examples=80, deadline=None)
@given(labels_strategy)
def test_touching_by_brute_force(labels):
    wanted = np.unique(labels[labels > 0])
    expected = []
    for label in wanted:
        around = binary_dilation(labels == label, np.ones((3, 3)))
        expected.append(len(set(labels[around].tolist()) - {label, 0, -1}))
    assert touching(labels, wanted).tolist() == expected


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(2, 9), st.just(2)), elements=st.integers(0, 20)))
def test_distances_by_brute_force(centres):
    apart = cdist(centres, centres)
    assert count_within(centres, 7.0).tolist() == ((apart <= 7).sum(axis=1) - 1).tolist()
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(nearest_distance(centres), apart.min(axis=1))


def test_nobody_has_no_neighbour():
    assert touching(np.zeros((3, 3), int), np.zeros(0, int)).tolist() == []
    assert count_within(np.zeros((0, 2)), 1).tolist() == []
    assert np.isnan(nearest_distance(np.zeros((1, 2)))).all()
