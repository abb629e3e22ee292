from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from scipy.special import ellipe
from skimage.draw import ellipse

from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.measurement.objects import measure_objects

labels_strategy = arrays(np.int32, (8, 9), elements=st.integers(0, 3))


@settings(max_examples=40, deadline=None)
@given(labels_strategy, st.integers(0, 1000))
def test_area_centroid_and_intensity_equal_scipy(labels, seed):
    image = np.random.default_rng(seed).normal(size=(2, 8, 9))
    columns = measure_objects(labels, image)
    present = np.unique(labels[labels > 0])
    np.testing.assert_array_equal(columns["label"], present)
    np.testing.assert_array_equal(columns["area_px"], [np.count_nonzero(labels == one) for one in present])
    centroids = np.array(ndimage.center_of_mass(labels > 0, labels, present)).reshape(-1, 2)
    np.testing.assert_allclose(columns["centroid_y_px"], centroids[:, 0])
    np.testing.assert_allclose(columns["centroid_x_px"], centroids[:, 1])
    for channel in (0, 1):
        for name, reference in [("mean", ndimage.mean), ("min", ndimage.minimum), ("max", ndimage.maximum)]:
            expected = reference(image[channel], labels, present)
            np.testing.assert_allclose(columns[f"{name}_intensity_c{channel}"], expected)


def drawn_ellipse(height, width):
    labels = np.zeros((2 * height + 9, 2 * width + 9), np.uint16)
    labels[ellipse(height + 4, width + 4, height, width)] = 1
    return labels


def test_axes_and_eccentricity_of_an_ellipse():
    columns = measure_objects(drawn_ellipse(60, 30))
    assert columns["major_axis_px"][0] == pytest.approx(120, rel=0.02)
    assert columns["minor_axis_px"][0] == pytest.approx(60, rel=0.02)
    assert columns["eccentricity"][0] == pytest.approx(np.sqrt(0.75), rel=0.01)
    assert columns["solidity"][0] > 0.97


@pytest.mark.parametrize("pixel_size", [PixelSize(0.5, 0.5), PixelSize(1.0, 2.0), PixelSize(0.3, 0.1)])
def test_physical_columns_describe_the_physical_shape(pixel_size):
    height, width = 60, 40
    columns = measure_objects(drawn_ellipse(height, width), pixel_size=pixel_size)
    half = sorted([height * pixel_size.y, width * pixel_size.x], reverse=True)
    assert columns["area_um2"][0] == pytest.approx(np.pi * half[0] * half[1], rel=0.01)
    assert columns["major_axis_um"][0] == pytest.approx(2 * half[0], rel=0.02)
    assert columns["minor_axis_um"][0] == pytest.approx(2 * half[1], rel=0.02)
    squared = 1 - (half[1] / half[0]) ** 2
    assert columns["eccentricity"][0] == pytest.approx(np.sqrt(squared), rel=0.02)
    stretch = 4 * half[0] * ellipe(squared) / (4 * height * ellipe(1 - (width / height) ** 2))
    assert columns["perimeter_um"][0] == pytest.approx(columns["perimeter_px"][0] * stretch, rel=0.03)
    assert columns["perimeter_um"][0] == pytest.approx(4 * half[0] * ellipe(squared), rel=0.07)
    assert columns["centroid_y_um"][0] == pytest.approx((height + 4) * pixel_size.y)
    assert columns["centroid_x_um"][0] == pytest.approx((width + 4) * pixel_size.x)


def test_square_pixels_scale_every_length():
    labels = drawn_ellipse(10, 20)
    columns = measure_objects(labels, pixel_size=PixelSize(0.25, 0.25))
    for name in ("perimeter", "major_axis", "minor_axis", "centroid_y", "centroid_x"):
        np.testing.assert_allclose(columns[f"{name}_um"], columns[f"{name}_px"] * 0.25)


def test_tiny_objects_and_huge_or_negative_labels():
    labels = np.zeros((6, 6), np.int64)
    labels[0, 0], labels[2, 1:4], labels[5] = 2**40, 7, -1
    columns = measure_objects(labels, np.ones((1, 6, 6)), PixelSize(2, 1))
    assert columns["label"].tolist() == [7, 2**40]
    assert columns["area_px"].tolist() == [3, 1]
    assert all(np.isfinite(column).all() for column in columns.values())


def test_no_objects_has_all_columns_and_no_row():
    empty, image = np.zeros((5, 5), int), np.ones((2, 5, 5))
    columns = measure_objects(empty, image, PixelSize(2, 1), instance_classes={})
    one = measure_objects(np.ones((5, 5), int), image, PixelSize(2, 1), instance_classes={1: 1})
    assert list(columns) == list(one)
    assert {len(column) for column in columns.values()} == {0}


def test_classes_go_with_their_labels():
    labels = np.array([[5, 0, 3, 0, 9]])
    columns = measure_objects(labels, instance_classes={9: 2, 3: 1, 5: 2})
    assert dict(zip(columns["label"].tolist(), columns["class"].tolist(), strict=True)) == {3: 1, 5: 2, 9: 2}


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float32])
def test_intensity_of_any_type(dtype):
    image = np.ones((1, 4, 4), dtype)
    assert measure_objects(np.ones((4, 4), int), image)["mean_intensity_c0"] == [1]


def test_real_nuclei(data):
    import tifffile

    labels = tifffile.imread(data / "stardist_demo" / "masks" / "demo2d_512.tif")
    image = tifffile.imread(data / "stardist_demo" / "images" / "demo2d_512.tif")
    columns = measure_objects(labels, image[np.newaxis], PixelSize(0.5, 0.5))
    numbers, areas = np.unique(labels[labels > 0], return_counts=True)
    np.testing.assert_array_equal(columns["label"], numbers)
    np.testing.assert_array_equal(columns["area_px"], areas)
    assert np.all((columns["solidity"] > 0.5) & (columns["solidity"] <= 1))
    # Touching nothing else, an object of area A has a perimeter of at least that of a disc.
    assert np.median(columns["perimeter_px"] ** 2 / (4 * np.pi * areas)) == pytest.approx(1, abs=0.2)
