from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.filters import threshold_li, threshold_otsu, threshold_triangle

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.segmentation.thresholds import (
    FINDERS,
    apply_thresholds,
    find_threshold,
    reaches,
    unscored_thresholds,
)

REFERENCES = {"otsu": threshold_otsu, "li": threshold_li, "triangle": threshold_triangle}


def two_humps(dtype, scale: float = 1.0, size: int = 128) -> np.ndarray:
    """Dark background and a bright disc, both with noise."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:size, :size]
    disc = (y - size / 2) ** 2 + (x - size / 2) ** 2 < (size / 4) ** 2
    return (
        scale * np.where(disc, random.normal(150, 8, disc.shape), random.normal(60, 8, disc.shape))
    ).astype(dtype)


@pytest.mark.parametrize("method", REFERENCES)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_parts_like_scikit_image(method, dtype):
    plane = two_humps(dtype)
    clipped = np.clip(plane, np.sort(plane, axis=None)[1], np.sort(plane, axis=None)[-2])
    expected = clipped > REFERENCES[method](clipped)
    np.testing.assert_array_equal(reaches(plane, find_threshold(plane, method)), expected)


@pytest.mark.parametrize("method", FINDERS)
@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.uint16, 300), (np.float32, 1e-3), (np.float64, 1e6), (np.int32, 1e5)]
)
def test_does_not_depend_on_dtype_and_scale(method, dtype, scale):
    expected = find_threshold(two_humps(np.float64), method)
    assert find_threshold(two_humps(dtype, scale), method) / scale == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("method", FINDERS)
@pytest.mark.parametrize("outlier", [65_535, 0])
def test_one_hot_or_dead_pixel_changes_nothing_much(method, outlier):
    plane = two_humps(np.uint16, 4)
    without = find_threshold(plane, method)
    plane[5, 7] = outlier
    assert find_threshold(plane, method) == pytest.approx(without, rel=0.02)
    plane = two_humps(np.float32)
    without = find_threshold(plane, method)
    plane[5, 7] = 1e9 if outlier else -1e9
    assert find_threshold(plane, method) == pytest.approx(without, rel=0.02)


@given(
    plane=arrays(
        st.sampled_from([np.uint8, np.uint16, np.int32, np.float32]),
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.integers(0, 200),
    ),
    method=st.sampled_from(sorted(FINDERS)),
)
@settings(max_examples=60, deadline=None)
def test_lies_within_the_range_or_is_nan(plane, method):
    threshold = find_threshold(plane, method)
    if np.isnan(threshold):
        assert not reaches(plane, threshold).any()
        assert not reaches(plane, threshold, dark_objects=True).any()
    else:
        assert plane.min() < threshold < plane.max()


@pytest.mark.parametrize("method", FINDERS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (20, 20)])
def test_no_contrast_is_nan(method, shape):
    assert np.isnan(find_threshold(np.full(shape, 7, np.uint8), method))


def test_dark_objects_are_the_complement():
    plane = two_humps(np.uint8)
    threshold = find_threshold(plane, "otsu")
    np.testing.assert_array_equal(reaches(plane, threshold, dark_objects=True), ~reaches(plane, threshold))


def test_one_bit_image_is_parted_between_its_values():
    plane = two_humps(np.uint8) > 100
    np.testing.assert_array_equal(reaches(plane, find_threshold(plane, "otsu")), plane)


@given(
    probabilities=arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)),
        elements=st.integers(0, 8).map(lambda eighth: eighth / 8),
    ),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_class_map_equals_brute_force(probabilities, data):
    thresholds = data.draw(
        st.lists(st.integers(0, 8), min_size=len(probabilities), max_size=len(probabilities))
    )
    thresholds = [threshold / 8 for threshold in thresholds]
    classes = apply_thresholds(probabilities, thresholds)
    assert classes.dtype == np.uint8
    for at in np.ndindex(classes.shape):
        reached = [k for k, t in enumerate(thresholds) if probabilities[(k, *at)] >= t]
        expected = max(reached, key=lambda k: (probabilities[(k, *at)], -k)) + 1 if reached else 0
        assert classes[at] == expected


def test_where_several_classes_share_the_probability_background_does_not_win():
    likely = np.array([[[0.45, 0.41, 0.3, 0.1]], [[0.35, 0.41, 0.3, 0.1]]])
    assert apply_thresholds(likely, unscored_thresholds(2)).tolist() == [[1, 1, 0, 0]]
    assert apply_thresholds(likely[:1], unscored_thresholds(1)).tolist() == [[0, 0, 0, 0]]


def test_class_map_of_many_classes_is_wider():
    assert apply_thresholds(np.zeros((300, 1, 1), np.float32), [0.0] * 300).dtype == np.uint16


def test_wrong_number_of_thresholds():
    with pytest.raises(ValueError, match="2 classes need as many thresholds, got 1"):
        apply_thresholds(np.zeros((2, 1, 1)), [0.5])


def test_otsu_on_fluorescent_nuclei(data):
    overlap = total = 0
    for path in find_images(data / "dsb2018" / "fluo" / "images")[::20]:
        plane = open_image(path).read()[0]
        truth = open_image(data / "dsb2018" / "fluo" / "masks" / path.name).read()[0] > 0
        found = reaches(plane, find_threshold(plane, "otsu"))
        overlap += 2 * int((found & truth).sum())
        total += int(found.sum() + truth.sum())
    assert overlap / total > 0.9
