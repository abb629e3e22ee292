from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from scipy.special import ellipe
from skimage.draw import ellipse
from skimage.measure import regionprops_table

from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.measurement import object_pixels
from napari_cytounet.measurement.objects import measure_objects, measuring_objects
from napari_cytounet.settings import MeasureSettings

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


SKIMAGE = {
    "area_filled_px": "area_filled",
    "area_convex_px": "area_convex",
    "perimeter_px": "perimeter",
    "perimeter_crofton_px": "perimeter_crofton",
    "equivalent_diameter_px": "equivalent_diameter_area",
    "major_axis_px": "axis_major_length",
    "minor_axis_px": "axis_minor_length",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
    "extent": "extent",
    "euler_number": "euler_number",
    "std_intensity_c0": "intensity_std",
    **{f"hu_{number + 1}": f"moments_hu-{number}" for number in range(7)},
}


ON_A_LINE = np.zeros((8, 9), np.int32)
ON_A_LINE[[3, 4, 7], [8, 7, 4]] = 1


@settings(max_examples=60, deadline=None)
@given(labels_strategy, st.sampled_from([1, 3]), st.integers(0, 1000))
@example(ON_A_LINE, 1, 0)
def test_equals_skimage(labels, enlarged, seed):
    labels = np.kron(labels, np.ones((1, enlarged), int))
    image = np.random.default_rng(seed).normal(size=(1, *labels.shape))
    columns = measure_objects(labels, image, settings=MeasureSettings(shape_moments=True))
    names = ("label", "orientation", *{name.split("-")[0] for name in SKIMAGE.values()})
    reference = regionprops_table(labels, image[0], properties=names)
    for ours, theirs in SKIMAGE.items():
        if "axis" in ours:  # a root of a moment that may be 0 but for rounding: the root of that is not small
            np.testing.assert_allclose(columns[ours] ** 2, reference[theirs] ** 2, atol=1e-10, err_msg=ours)
        else:
            np.testing.assert_allclose(columns[ours], reference[theirs], atol=1e-7, err_msg=ours)
    # An angle of 90 degrees is one of -90 degrees, and where no axis is longer the angle says nothing.
    turned = (columns["orientation"] - reference["orientation"])[columns["eccentricity"] > 1e-4]
    np.testing.assert_allclose(np.sin(turned), 0, atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(labels_strategy, st.sampled_from([(1.0, 1.0), (0.5, 2.0)]))
def test_diameters_by_brute_force(labels, spacing):
    columns = measure_objects(labels, pixel_size=PixelSize(*spacing))
    for number, label in enumerate(columns["label"]):
        middles = np.argwhere(labels == label)[:, np.newaxis] + [[-0.5, 0], [0.5, 0], [0, -0.5], [0, 0.5]]
        points = middles.reshape(-1, 2) * spacing
        assert columns["feret_max_um"][number] == pytest.approx(pdist(points).max())
        corners = points[ConvexHull(points).vertices]
        sides = np.roll(corners, -1, axis=0) - corners
        normals = np.stack([-sides[:, 1], sides[:, 0]]) / np.hypot(*sides.T)
        assert columns["feret_min_um"][number] == pytest.approx(np.ptp(corners @ normals, axis=0).min())


def test_objects_are_measured_some_at_a_time_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.kron(rng.permutation(np.arange(1, 200)), np.pad(np.ones((5, 5), int), 1))
    labels = np.vstack([labels, labels * (rng.random(labels.shape) < 0.5), np.where(labels == 7, 900, 0)])
    image = rng.normal(size=(2, *labels.shape))
    at_once = measure_objects(labels, image, PixelSize(0.5, 0.25))
    monkeypatch.setattr(object_pixels, "AT_A_TIME", 7)
    shares = list(measuring_objects(labels, image, PixelSize(0.5, 0.25)))
    assert len(shares) == 200 // 7
    assert shares == sorted(shares)
    in_parts = measure_objects(labels, image, PixelSize(0.5, 0.25))
    assert list(in_parts) == list(at_once)
    for name, values in at_once.items():
        np.testing.assert_allclose(in_parts[name], values, rtol=1e-12, err_msg=name)


def test_neighbours_in_micrometres():
    labels = np.zeros((30, 30), int)
    labels[2:5, 2:5], labels[2:5, 5:8], labels[20:23, 2:5] = 4, 5, 9
    near = MeasureSettings(neighbour_distance=2)
    columns = measure_objects(labels, pixel_size=PixelSize(y=0.1, x=0.5), settings=near)
    assert columns["neighbours_touching"].tolist() == [1, 1, 0]
    assert columns["nearest_neighbour_px"].tolist() == [3, 3, 18]
    np.testing.assert_allclose(columns["nearest_neighbour_um"], [1.5, 1.5, 1.8])
    assert columns["neighbours_within"].tolist() == [2, 1, 1]
    one = measure_objects(np.ones((3, 3), int))
    assert np.isnan(one["nearest_neighbour_px"]).all()
