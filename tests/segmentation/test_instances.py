from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import generate_binary_structure, label

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.segmentation.instances import (
    classes_of_objects,
    label_objects,
    smallest_dtype,
    split_touching,
)

PATCHES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=3, max_side=9), elements=st.integers(0, 2))


def same_objects(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings are equal but for the numbers."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]


def discs(*centres_and_radii, shape=(100, 100)) -> np.ndarray:
    grid = np.indices(shape)
    inside = [
        sum((axis - at) ** 2 for axis, at in zip(grid, centre, strict=True)) <= radius**2
        for *centre, radius in centres_and_radii
    ]
    return np.any(inside, axis=0).astype(np.uint8)


@given(PATCHES)
@settings(max_examples=100, deadline=None)
def test_objects_are_components_of_each_class(classes):
    everywhere = generate_binary_structure(classes.ndim, classes.ndim)
    one, count = label(classes == 1, everywhere)
    two, _ = label(classes == 2, everywhere)
    instances = label_objects(classes)
    assert same_objects(instances, one + np.where(two > 0, two + count, 0))


@given(PATCHES)
@settings(max_examples=60, deadline=None)
def test_objects_of_a_plane_are_numbered_as_first_met(classes):
    instances = label_objects(classes.reshape(len(classes), -1))
    first_met = instances.ravel()[np.sort(np.unique(instances, return_index=True)[1])]
    assert list(first_met[first_met > 0]) == list(range(1, instances.max() + 1))


@given(PATCHES)
@settings(max_examples=60, deadline=None)
def test_splitting_only_cuts_objects_into_connected_parts(classes):
    parts = split_touching(classes)
    np.testing.assert_array_equal(parts > 0, classes > 0)
    assert set(np.unique(parts)) - {0} == set(range(1, parts.max() + 1))
    everywhere = generate_binary_structure(classes.ndim, classes.ndim)
    for number in range(1, parts.max() + 1):
        part = parts == number
        assert len(np.unique(label_objects(classes)[part])) == 1
        assert label(part, everywhere)[1] == 1


@pytest.mark.parametrize("scale", [1, 3])
def test_splits_a_neck_at_any_size(scale):
    two = discs(
        (40 * scale, 35 * scale, 12 * scale), (40 * scale, 55 * scale, 10 * scale), shape=(90 * scale,) * 2
    )
    assert label_objects(two).max() == 1
    parts = split_touching(two)
    assert parts.max() == 2
    assert parts[40 * scale, 30 * scale] != parts[40 * scale, 60 * scale]


def test_leaves_round_and_long_objects_whole():
    disc = discs((50, 50, 30))
    rod = np.zeros((60, 90), np.uint8)
    rod[25:35, 10:80] = 1
    assert split_touching(disc).max() == 1
    assert split_touching(rod).max() == 1


def test_splits_balls_in_a_volume():
    balls = discs((15, 15, 14, 9), (15, 15, 29, 9), shape=(30, 30, 45))
    assert label_objects(balls).max() == 1
    assert split_touching(balls).max() == 2


def test_classes_that_touch_are_split_apart_each_for_itself():
    classes = discs((40, 35, 12), (40, 55, 12))
    classes[:, 45:] *= 2
    parts = split_touching(classes)
    assert list(classes_of_objects(parts, classes)) == [0, 1, 2]


def test_empty_plane():
    empty = np.zeros((5, 4), np.uint8)
    for instances in (label_objects(empty), split_touching(empty)):
        assert instances.dtype == np.uint8
        assert not instances.any()
        assert list(classes_of_objects(instances, empty)) == [0]


@pytest.mark.parametrize(
    ("side", "dtype"), [(30, np.uint8), (32, np.uint16), (510, np.uint16), (512, np.uint32)]
)
def test_never_limited_to_255(side, dtype):
    dots = np.zeros((side, side), np.uint8)
    dots[::2, ::2] = 1
    instances = label_objects(dots)
    assert instances.max() == (side // 2) ** 2
    assert instances.dtype == dtype
    assert smallest_dtype(instances.astype(np.int64)).dtype == dtype


def test_splitting_finds_more_of_the_real_nuclei(data):
    """Touching nuclei of the truth are merged by making it binary: how many come back?"""
    merged = split = true = 0
    for path in find_images(data / "dsb2018" / "fluo" / "masks")[::40]:
        truth = open_image(path).read()[0]
        foreground = (truth > 0).astype(np.uint8)
        true += len(np.unique(truth)) - 1
        merged += well_found(truth, label_objects(foreground))
        split += well_found(truth, split_touching(foreground))
    assert split > merged
    assert split / true > 0.9


def well_found(truth: np.ndarray, found: np.ndarray) -> int:
    """Number of objects of the truth that one found object overlaps with an IoU above 0.7."""
    overlap = np.zeros((int(truth.max()) + 1, int(found.max()) + 1))
    np.add.at(overlap, (truth.ravel(), found.ravel()), 1)
    union = overlap.sum(1, keepdims=True) + overlap.sum(0, keepdims=True) - overlap
    return int((overlap / np.maximum(union, 1) > 0.7)[1:, 1:].sum())
