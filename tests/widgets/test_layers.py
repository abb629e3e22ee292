"""Tests of what lies between layers and images."""

from __future__ import annotations

from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.errors import ImageError
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.widgets.layers import (
    free_name,
    image_of_layer,
    layer_axes,
    pixel_size_of_layer,
    placed_like,
    plane_dimensions,
)


def _layer(*shape: int, **keywords: Any) -> ImageLayer:
    return ImageLayer(np.zeros(shape, np.uint8), name="cells", **keywords)


def test_axes_of_layers_that_name_none() -> None:
    assert layer_axes(_layer(8, 9)) == "YX"
    assert layer_axes(_layer(5, 8, 9)) == "ZYX"
    assert layer_axes(_layer(2, 5, 8, 9)) == "TZYX"
    assert layer_axes(_layer(8, 9, 3, rgb=True)) == "YXC"
    assert layer_axes(_layer(5, 8, 9, 3, rgb=True)) == "ZYXC"
    with pytest.raises(ImageError, match="cells has 5 dimensions"):
        layer_axes(_layer(1, 2, 3, 8, 9))


def test_axes_of_layers_that_name_them() -> None:
    assert layer_axes(_layer(5, 8, 9, axis_labels=("t", "y", "x"))) == "TYX"
    channels = _layer(2, 8, 9, axis_labels=("c", "y", "x"))
    assert layer_axes(channels) == "CYX"
    assert plane_dimensions(channels) == [1, 2]
    assert layer_axes(_layer(5, 8, 9, axis_labels=("plane", "row", "column"))) == "ZYX"


def test_the_image_of_a_layer() -> None:
    colours = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    image = image_of_layer(ImageLayer(colours, rgb=True, name="colours"))
    assert (image.name, image.channels, image.height, image.width) == ("colours", 3, 8, 9)
    np.testing.assert_array_equal(image.read(), colours.transpose(2, 0, 1))


def test_of_a_multiscale_layer_the_full_resolution_is_taken() -> None:
    layer = ImageLayer([np.ones((16, 16)), np.ones((8, 8))], multiscale=True)
    assert image_of_layer(layer).width == 16


def test_lazy_data_stays_lazy() -> None:
    computed: list[int] = []

    def note(block: np.ndarray) -> np.ndarray:
        computed.append(block.size)
        return block

    huge = da.zeros((1000, 20_000, 20_000), chunks=(1, 100, 20_000), dtype=np.uint8)
    with dask.config.set(scheduler="synchronous"):
        layer = ImageLayer(huge.map_blocks(note, dtype=np.uint8), contrast_limits=(0, 255))
    computed.clear()  # what napari draws
    image = image_of_layer(layer)
    assert (len(image.planes), computed) == (1000, [])
    with dask.config.set(scheduler="synchronous"):
        assert image.read((3,), rows=slice(0, 10), columns=slice(0, 5)).shape == (1, 10, 5)
    assert sum(computed) <= 100 * 20_000


def test_pixel_sizes() -> None:
    assert pixel_size_of_layer(_layer(8, 9)) is None
    assert pixel_size_of_layer(_layer(8, 9, scale=(0.5, 0.5))) is None
    in_nanometres = _layer(8, 9, scale=(500, 250), units=("nm", "nm"))
    assert pixel_size_of_layer(in_nanometres) == PixelSize(y=0.5, x=0.25)
    stack = _layer(5, 8, 9, scale=(2, 0.5, 0.5), units=("um", "um", "um"))
    assert pixel_size_of_layer(stack) == PixelSize(y=0.5, x=0.5, z=2)


def test_a_result_lies_where_the_layer_lies() -> None:
    layer = _layer(
        5,
        8,
        9,
        scale=(2, 0.5, 0.5),
        translate=(1, 2, 3),
        rotate=30,
        shear=(0.1, 0.2, 0.3),
        affine=np.diag([1, 2, 2, 1]),
        units=("um", "um", "um"),
        axis_labels=("z", "y", "x"),
    )
    result = LabelsLayer(np.zeros((5, 8, 9), np.uint8), **placed_like(layer))
    np.testing.assert_allclose(result._data_to_world.affine_matrix, layer._data_to_world.affine_matrix)
    assert (result.units, result.axis_labels) == (layer.units, layer.axis_labels)


def test_a_result_has_no_channels() -> None:
    layer = _layer(
        2, 8, 9, scale=(1, 0.5, 0.25), translate=(0, 2, 3), units=("pixel", "um", "um"), axis_labels="cyx"
    )
    result = LabelsLayer(np.zeros((8, 9), np.uint8), **placed_like(layer))
    assert result.scale.tolist() == [0.5, 0.25]
    assert result.translate.tolist() == [2, 3]
    assert result.axis_labels == ("y", "x")


def test_free_names() -> None:
    viewer = ViewerModel()
    for wanted in ("cells", "cells", "cells"):
        viewer.add_labels(np.zeros((4, 4), int), name=free_name(viewer, wanted))
    assert [layer.name for layer in viewer.layers] == ["cells", "cells [1]", "cells [2]"]
