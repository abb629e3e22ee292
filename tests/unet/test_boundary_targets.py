"""Boundaries of objects: what touches is parted, and nothing is claimed of what nobody labelled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from napari_cytounet.unet.boundary_targets import boundary_targets

TOUCHING = np.kron(np.array([[0, 0, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]]), np.ones((11, 11), int))


def test_a_boundary_runs_between_objects_that_touch() -> None:
    targets = boundary_targets(TOUCHING, 1.0)
    row = targets.boundary[16].astype(int).tolist()
    assert row == [0] * 11 + [1, 1] + [0] * 7 + [1, 1, 1, 1] + [0] * 7 + [1, 1] + [0] * 11
    assert targets.known.all()


@pytest.mark.parametrize(("scale", "width"), [(1.0, 2), (0.5, 4), (2.0, 1), (3.0, 1), (4.0, 0)])
def test_the_boundary_is_as_wide_at_the_working_scale(scale: float, width: int) -> None:
    plane = np.zeros((60, 60), int)
    plane[10:50, 10:50] = 1
    assert boundary_targets(plane, scale).boundary[30].sum() == 2 * width


@pytest.mark.parametrize("scale", [0.37, 1.0, 1.7])
def test_it_is_what_each_object_alone_would_have(scale: float) -> None:
    random = np.random.default_rng(1)
    smooth = ndimage.gaussian_filter(random.random((50, 60)), 3)
    objects, count = ndimage.label(smooth > np.median(smooth))
    objects[:, 30:] += (objects[:, 30:] > 0) * count
    expected = np.zeros(objects.shape, bool)
    for number in np.unique(objects[objects > 0]):
        inside = objects == number
        expected |= inside & (ndimage.distance_transform_edt(inside) < 2 / scale + 0.5)
    found = boundary_targets(objects, scale).boundary
    assert (found != expected).mean() < 0.05  # at corners a step over the diagonal more or less


def test_one_number_in_two_places_is_two_objects() -> None:
    twice = np.where(TOUCHING == 2, 0, TOUCHING)
    twice[:3, :5] = 1
    anew = np.where(twice == 1, 1, 0)
    anew[:3, :5] = 2
    assert np.array_equal(boundary_targets(twice, 1.0).boundary, boundary_targets(anew, 1.0).boundary)


@pytest.mark.parametrize(
    "plane",
    [
        np.ones((7, 9), int),
        np.zeros((7, 9), int),
        np.full((7, 9), -1),
        np.array([[1]]),
        np.pad(np.array([[1]]), 3),
        np.arange(1, 64).reshape(7, 9),
        np.array([0, 0, 1, 1, 2, 2]),
        np.pad(np.ones((3, 3, 3), int), 2),
    ],
    ids=["fills the image", "empty", "unknown", "one pixel", "one pixel object", "all touch", "1-D", "3-D"],
)
def test_odd_planes_have_boundaries(plane: np.ndarray) -> None:
    targets = boundary_targets(plane, 1.0)
    assert targets.boundary.shape == targets.known.shape == plane.shape
    assert targets.known.all() == (plane >= 0).all()


def test_an_object_that_fills_the_image_has_no_boundary() -> None:
    assert not boundary_targets(np.ones((9, 9), int), 1.0).boundary.any()


def test_where_an_object_may_go_on_its_edge_is_unknown() -> None:
    targets = boundary_targets(np.array([[0, 0, 1, 1, 1, 1, 1, 1, -1, -1, -1]]), 1.0)
    assert targets.known[0].tolist() == [True] * 6 + [False] * 5
    assert targets.boundary[0].astype(int).tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]


@given(hnp.arrays(np.int8, (10, 10), elements=st.integers(0, 2)), hnp.arrays(bool, (10, 10)))
def test_what_is_known_of_a_part_is_true_of_the_whole(plane: np.ndarray, hidden: np.ndarray) -> None:
    whole = boundary_targets(plane.astype(np.int32), 1.0)
    part = boundary_targets(np.where(hidden, -1, plane.astype(np.int32)), 1.0)
    assert not part.known[hidden].any()
    assert np.array_equal(whole.boundary[part.known], part.boundary[part.known])
