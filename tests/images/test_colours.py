from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.images import colours
from napari_cytounet.images.colours import simplify_colours
from napari_cytounet.images.lazy import LazyView

GREY = np.random.default_rng(0).integers(0, 256, (100, 120), np.uint8)


def rgb(grey: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(grey[..., np.newaxis], 3, axis=-1)


def test_grey_rgb_becomes_one_channel() -> None:
    data, axes, notes = simplify_colours(rgb(GREY), "YXC")
    assert axes == "YX"
    np.testing.assert_array_equal(data[...], GREY)
    assert notes == ("RGB that is grey: read as one channel",)


def test_one_coloured_object_keeps_the_colours() -> None:
    image = rgb(GREY)
    image[20:60, 30:60, 0] ^= 1
    assert simplify_colours(image, "YXC")[1:] == ("YXC", ())


def test_a_small_coloured_mark_in_a_picture_is_no_colour() -> None:
    image = rgb(GREY)
    image[90:94, 10:30, 2] ^= 1
    _, axes, notes = simplify_colours(image, "YXC")
    assert axes == "YX"
    assert "small mark" in notes[0]


def test_a_small_coloured_object_in_a_mask_counts() -> None:
    mask = rgb(np.where(GREY > 128, np.uint8(255), np.uint8(0)))
    mask[90:94, 10:30] = [255, 0, 0]
    assert simplify_colours(mask, "YXC")[1:] == ("YXC", ())


def test_a_coloured_pixel_is_a_coloured_image() -> None:
    assert simplify_colours(np.array([[[9, 8, 7]]], np.uint8), "YXC")[1] == "YXC"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
def test_opaque_alpha_is_left_out(dtype: type) -> None:
    opaque = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    image = np.zeros((10, 12, 4), dtype)
    image[3:5, 2:9, 0], image[..., 3] = 1, opaque
    data, axes, notes = simplify_colours(image, "YXC")
    assert (data.shape, axes) == ((10, 12, 3), "YXC")
    assert "alpha" in notes[0]


def test_alpha_that_shows_something_is_kept() -> None:
    image = np.dstack([rgb(GREY), GREY])
    data, axes, notes = simplify_colours(image, "YXC")
    assert (data.shape, axes) == (image.shape, "YXC")
    assert "kept" in notes[0]


def test_grey_with_opaque_alpha() -> None:
    data, axes, _ = simplify_colours(np.dstack([GREY, np.full_like(GREY, 255)]), "YXC")
    assert axes == "YX"
    np.testing.assert_array_equal(data[...], GREY)


def test_colours_that_show_only_in_the_last_plane_and_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colours, "_ROWS_AT_ONCE", 7)
    stack = np.stack([rgb(GREY), rgb(GREY)])
    assert simplify_colours(stack, "ZYXC")[1] == "ZYX"
    stack[1, -3:, :, 0] ^= 1
    assert simplify_colours(stack, "ZYXC")[1] == "ZYXC"


def test_lazy_images_with_the_channels_first() -> None:
    lazy = LazyView(np.moveaxis(rgb(GREY), -1, 0), (slice(None),) * 3)
    data, axes, _ = simplify_colours(lazy, "CYX")
    assert isinstance(data, LazyView)
    assert axes == "YX"
    np.testing.assert_array_equal(data[...], GREY)
