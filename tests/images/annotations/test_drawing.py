from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from napari_cytounet.images.annotations.drawing import draw_shapes
from napari_cytounet.images.annotations.shapes import Shape, ellipse, polygon, rectangle, ring


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 13), st.floats(-3, 13)), min_size=3, max_size=7, unique=True))
def test_a_pixel_belongs_to_the_shape_that_its_centre_lies_in(corners):
    xs, ys = zip(*corners, strict=True)
    drawn = draw_shapes([Shape(polygon(xs, ys))], (10, 12)).labels
    centres = np.stack(np.meshgrid(np.arange(12), np.arange(10)), axis=-1).reshape(-1, 2) + 0.5
    inside = points_in_poly(centres, np.array(corners)).reshape(10, 12)
    # A centre on the line itself may go either way, and a shape without any gets one pixel.
    assert np.count_nonzero((drawn > 0) != inside) <= 2


def test_a_circle_has_the_pixels_within_its_radius():
    drawn = draw_shapes([Shape(ellipse(20.3, 15.8, 9.4, 9.4))], (32, 40)).labels
    rows, columns = np.indices((32, 40)) + 0.5
    disc = np.hypot(rows - 15.8, columns - 20.3) <= 9.4
    assert np.count_nonzero(disc != (drawn == 1)) <= 0.01 * disc.sum()


def test_a_turned_ellipse_is_long_where_it_points():
    drawn = draw_shapes([Shape(ellipse(20, 20, 12, 3, np.pi / 4))], (40, 40)).labels
    assert drawn[27, 27] == 1
    assert drawn[12, 27] == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_the_smaller_one_is_on_top_in_any_order(order):
    boxes = [rectangle(0, 0, 10, 10), rectangle(2, 2, 8, 8), rectangle(4, 4, 6, 6)]
    drawing = draw_shapes([Shape(boxes[number]) for number in order], (10, 10))
    sizes = np.bincount(drawing.labels.ravel(), minlength=4)[1:]
    assert [sizes[order.index(number)] for number in range(3)] == [64, 32, 4]
    assert drawing.contested == 36 + 4
    assert drawing.hidden == 0


def test_of_two_that_are_the_same_the_later_stays():
    drawing = draw_shapes([Shape(rectangle(1, 1, 3, 3))] * 2, (4, 4))
    assert np.unique(drawing.labels).tolist() == [0, 2]
    assert drawing.hidden == 1


def test_what_is_too_small_for_a_centre_gets_its_pixel():
    drawing = draw_shapes([Shape(ellipse(2.9, 1.1, 0.05, 0.05))], (3, 4))
    assert np.argwhere(drawing.labels == 1).tolist() == [[1, 2]]


def test_what_lies_outside_is_told():
    assert draw_shapes([Shape(rectangle(20, 20, 30, 30))], (10, 10)).hidden == 1


def test_a_crowd_is_below_all_objects_and_is_no_object():
    crowd, cell = Shape(rectangle(0, 0, 5, 1), crowd=True), Shape(rectangle(0, 0, 5, 1))
    drawing = draw_shapes([cell, crowd, Shape(rectangle(0, 1, 2, 2), crowd=True)], (2, 5))
    assert drawing.labels.tolist() == [[1] * 5, [-1, -1, 0, 0, 0]]
    assert drawing.hidden == 0


def test_rings_are_filled_by_the_even_odd_rule():
    outer, hole = ring([[0, 0], [5, 0], [5, 5], [0, 5]]), ring([[1, 1], [4, 1], [4, 4], [1, 4]])
    drawn = draw_shapes([Shape(((outer, hole),))], (5, 5)).labels
    assert drawn.sum() == 25 - 9


@pytest.mark.parametrize("corners", [[[0, 0], [1, 1]], [[0, 0], [1, np.nan], [2, 2]], [1, 2, 3]])
def test_what_is_no_outline_is_an_error(corners):
    with pytest.raises(ValueError, match="outline"):
        ring(corners)
