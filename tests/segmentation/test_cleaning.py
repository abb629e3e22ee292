from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_fill_holes, generate_binary_structure, label

from napari_cytounet.segmentation.cleaning import fill_holes, large_enough

PATCHES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=3, max_side=8), elements=st.integers(0, 2))


def enclosed(mask: np.ndarray) -> list[np.ndarray]:
    """The holes of a mask, one by one, smallest first."""
    holes, count = label(binary_fill_holes(mask) & ~mask, generate_binary_structure(mask.ndim, 1))
    return sorted((holes == hole for hole in range(1, count + 1)), key=np.sum)


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=3, max_side=10)))
@settings(max_examples=100, deadline=None)
def test_one_class_equals_scipy(mask):
    np.testing.assert_array_equal(fill_holes(mask.astype(np.uint8)), binary_fill_holes(mask))


@given(PATCHES)
@settings(max_examples=100, deadline=None)
def test_several_classes_equal_brute_force(classes):
    expected = classes.copy()
    holes = [(number, hole) for number in (1, 2) for hole in enclosed(classes == number)]
    for number, hole in sorted(holes, key=lambda found: found[1].sum()):
        expected[hole & (expected == 0)] = number
    filled = fill_holes(classes)
    np.testing.assert_array_equal(filled, expected)
    assert filled.dtype == classes.dtype
    np.testing.assert_array_equal(filled[classes > 0], classes[classes > 0])


def test_each_hole_is_filled_by_the_class_around_it():
    rows = ["1111111", "1000001", "1022201", "1020201", "1022201", "1000001", "1111111"]
    classes = np.array([[int(digit) for digit in row] for row in rows], np.uint8)
    filled = fill_holes(classes)
    assert filled[3, 3] == 2
    assert filled[1, 1] == 1
    assert (filled > 0).all()
    assert (filled == 2).sum() == 9


def test_a_corner_does_not_let_the_background_out_and_an_edge_does():
    diamond = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.uint8)
    assert fill_holes(diamond)[1, 1] == 1
    assert fill_holes(diamond)[0, 0] == 0
    assert fill_holes(diamond[1:])[0, 1] == 0


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_renumbering_keeps_large_objects_in_order(sizes, min_size):
    renumbered = large_enough(np.array(sizes), min_size)
    kept = [number for number, size in enumerate(sizes) if number and size >= max(min_size, 1)]
    assert [int(renumbered[number]) for number in kept] == list(range(1, len(kept) + 1))
    assert not np.delete(renumbered, kept).any()
