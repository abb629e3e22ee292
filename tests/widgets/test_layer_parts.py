"""Tests of parts of layers: the plane shown, and what the camera sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_cytounet.errors import ImageError
from napari_cytounet.widgets.layer_parts import placed_at, shown_plane, visible_field, whole_layer

PLACES: list[dict[str, Any]] = [
    {},
    {"scale": (3, 0.5, 0.25), "translate": (7, -20, 40)},
    {"scale": (3, 0.5, 0.25), "translate": (7, -20, 40), "units": ("um", "um", "um")},
    {"scale": (1, 2, 2), "rotate": 90},
    {"affine": np.array([[1, 0, 0, 5], [0, 0, 2, -3], [0, -1, 0, 8], [0, 0, 0, 1.0]])},
    {"axis_labels": ("t", "x", "y")},
]


@pytest.fixture
def model() -> ViewerModel:
    viewer = ViewerModel()
    viewer.canvas.size = (100, 200)
    return viewer


def _look_at(viewer: ViewerModel, layer: Image, pixel: tuple[float, ...], zoom: float) -> None:
    world = np.asarray(layer.data_to_world(pixel))
    viewer.dims.set_point(range(viewer.dims.ndim - 2), world[:-2])
    viewer.scene.camera.center = tuple(world[-2:])
    viewer.scene.camera.zoom = zoom


@pytest.mark.parametrize("placed", PLACES)
def test_what_is_in_view_and_where_it_belongs(model: ViewerModel, placed: dict[str, Any]) -> None:
    layer = model.add_image(np.zeros((4, 60, 80)), **placed)
    _look_at(model, layer, (2, 33, 44), zoom=10)
    field = visible_field(model, layer)
    assert field.planes == [(2,)]
    assert shown_plane(model, layer).planes == [(2,)]
    letters = "TXY" if "axis_labels" in placed else "ZYX"
    first = [field.ranges[letter].start for letter in letters]
    beyond = [field.ranges[letter].stop for letter in letters]
    world = np.asarray(model.scene.camera.center[-2:]), np.array([5, 10.0])  # half the canvas, by the zoom
    corners = np.array(
        [
            layer.world_to_data([layer.data_to_world((2, 33, 44))[0], *(world[0] + sides * world[1])])
            for sides in ((-1, -1), (-1, 1), (1, -1), (1, 1))
        ]
    )
    shape = np.array(layer.data.shape)
    np.testing.assert_allclose(first[1:], np.clip(np.rint(corners.min(0)), 0, shape)[1:], atol=1)
    np.testing.assert_allclose(beyond[1:], np.clip(np.rint(corners.max(0)) + 1, 0, shape)[1:], atol=1)
    part = Image(np.zeros([len(field.ranges[letter]) for letter in letters]), **placed_at(layer, field))
    np.testing.assert_allclose(part.data_to_world((0, 0, 0)), layer.data_to_world(first), atol=1e-9)
    np.testing.assert_allclose(
        part.data_to_world((0, 3, 2)), layer.data_to_world(np.add(first, (0, 3, 2))), atol=1e-9
    )


def test_other_units_of_the_viewer(model: ViewerModel) -> None:
    layer = model.add_image(np.zeros((5, 60, 80)), scale=(1, 0.5, 0.5), units=("um", "um", "um"))
    model.add_image(np.zeros((5, 10, 10)), scale=(1000, 500, 500), units=("nm", "nm", "nm"))
    assert str(model.dims.units[0]) == "nanometer"
    model.dims.set_point(0, 3000)
    model.scene.camera.center = (10_000, 20_000)  # the pixel (20, 40)
    model.scene.camera.zoom = 100 / 5000
    field = visible_field(model, layer)
    assert field.planes == [(3,)]
    assert field.region == (slice(15, 26), slice(30, 51))


def test_a_layer_with_fewer_dimensions_than_the_viewer(model: ViewerModel) -> None:
    model.add_image(np.zeros((5, 60, 80)))
    flat = model.add_image(np.zeros((60, 80)))
    assert shown_plane(model, flat).ranges == whole_layer(flat).ranges
    assert visible_field(model, flat).planes == [()]


def test_channels_belong_to_no_part(model: ViewerModel) -> None:
    layer = model.add_image(np.zeros((3, 6, 40, 50)), axis_labels=("c", "z", "y", "x"))
    model.dims.set_point((0, 1), (2, 4))
    part = shown_plane(model, layer)
    assert (list(part.ranges), part.shape, part.planes) == (["Z", "Y", "X"], (1, 40, 50), [(4,)])
    assert part.place((4,)) == (0,)
    assert len(placed_at(layer, part)["scale"]) == 3
    coloured = model.add_image(np.zeros((40, 50, 3), np.uint8))
    assert whole_layer(coloured).shape == (40, 50)


def test_nothing_to_be_seen_is_refused(model: ViewerModel) -> None:
    layer = model.add_image(np.zeros((4, 60, 80)), name="cells")
    model.scene.camera.center = (1000, 1000)
    with pytest.raises(ImageError, match=r"Nothing of the layer cells is in view"):
        visible_field(model, layer)
    model.add_image(np.zeros((40, 60, 80)))
    model.dims.set_point(0, 30)
    with pytest.raises(ImageError, match=r"outside of the layer cells"):
        shown_plane(model, layer)
    model.dims.ndisplay = 3
    with pytest.raises(ImageError, match=r"does not show the rows and columns of cells in 2D"):
        visible_field(model, layer)
    model.dims.ndisplay = 2
    model.dims.order = (1, 0, 2)
    with pytest.raises(ImageError, match=r"does not show the rows and columns of cells in 2D"):
        visible_field(model, layer)
