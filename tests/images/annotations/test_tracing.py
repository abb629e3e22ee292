from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.images.annotations.drawing import draw_shapes
from napari_cytounet.images.annotations.shapes import Shape
from napari_cytounet.images.annotations.tracing import trace_objects

label_images = arrays(
    np.int32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.sampled_from([0, 1, 2, 70_000])
)


def drawn_again(labels):
    traced = trace_objects(labels)
    drawing = draw_shapes([Shape(parts) for parts in traced.values()], labels.shape, list(traced))
    assert (drawing.contested, drawing.hidden) == (0, 0)
    return drawing.labels


@settings(max_examples=150, deadline=None)
@given(label_images)
def test_outlines_fill_to_the_very_labels(labels):
    np.testing.assert_array_equal(drawn_again(labels), labels)


@settings(max_examples=60, deadline=None)
@given(label_images)
def test_corners_turn_and_areas_add_up(labels):
    for label, parts in trace_objects(labels).items():
        area = 0.0
        for part in parts:
            for number, corners in enumerate(part):
                sides = np.roll(corners, -1, axis=0) - corners
                assert (np.count_nonzero(sides, axis=1) == 1).all()
                assert (sides * np.roll(sides, -1, axis=0) == 0).all()  # a right angle at every corner
                x, y = corners.T
                signed = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
                assert (signed > 0) == (number == 0)
                area += signed
        assert area == (labels == label).sum()


def test_a_hole_belongs_to_the_ring_around_it_and_the_island_in_it_does_not():
    labels = np.zeros((9, 20), int)
    labels[0:9, 0:9] = labels[2:7, 12:17] = 1
    labels[2:7, 2:7] = labels[4, 14] = 0
    labels[4, 4] = 1
    parts = trace_objects(labels)[1]
    assert sorted((len(part), len(part[0])) for part in parts) == [(1, 4), (2, 4), (2, 4)]
    np.testing.assert_array_equal(drawn_again(labels), labels)


def test_no_object_has_no_outline():
    assert trace_objects(np.zeros((4, 5), int)) == {}


def test_seventy_thousand_objects_keep_their_numbers():
    labels = np.kron(np.arange(1, 70_001).reshape(250, 280), np.pad(np.ones((1, 2), int), ((0, 1), (0, 1))))
    np.testing.assert_array_equal(drawn_again(labels), labels)
