from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_cytounet.segmentation.banded import BandedComponents, BandedHoles
from napari_cytounet.segmentation.cleaning import fill_holes
from napari_cytounet.segmentation.instances import label_objects

PLANES = arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 9)), elements=st.integers(0, 2))
CUTS = st.sets(st.integers(1, 13))


def bands(plane: np.ndarray, cuts: set[int]) -> list[np.ndarray]:
    return np.split(plane, sorted(cut for cut in cuts if cut < len(plane)))


@given(PLANES, CUTS)
@settings(max_examples=150, deadline=None)
def test_objects_equal_those_of_the_whole_plane(plane, cuts):
    components = BandedComponents(connectivity=2)
    labels = np.concatenate([components.add(band) for band in bands(plane, cuts)])
    joined = components.joined()
    expected = label_objects(plane)
    np.testing.assert_array_equal(joined[labels], expected)
    np.testing.assert_array_equal(
        np.bincount(joined, weights=components.sizes)[1:], np.bincount(expected.ravel())[1:]
    )
    np.testing.assert_array_equal(components.values[labels], plane)


@given(PLANES, CUTS)
@settings(max_examples=150, deadline=None)
def test_holes_equal_those_of_the_whole_plane(plane, cuts):
    holes = BandedHoles(class_count=2)
    for band in bands(plane, cuts):
        holes.add(band)
    holes.start_filling()
    filled = np.concatenate([holes.fill(band) for band in bands(plane, cuts)])
    np.testing.assert_array_equal(filled, fill_holes(plane))


def test_a_spiral_over_many_bands_is_one_object():
    spiral = np.zeros((21, 21), np.uint8)
    y, x, (step_y, step_x) = 10, 10, (0, 1)
    for turn in range(20):
        for _ in range(2 * (turn // 2 + 1)):
            if 0 <= y < 21 and 0 <= x < 21:
                spiral[y, x] = 1
            y, x = y + step_y, x + step_x
        step_y, step_x = step_x, -step_y
    components = BandedComponents(connectivity=1)
    for row in spiral:
        components.add(row[np.newaxis])
    assert components.joined().max() == 1
