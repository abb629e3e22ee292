from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.errors import ImageError
from napari_cytounet.images.layout import Layout

LAYOUT = Layout.of({"T": 2, "Z": 3, "C": 4, "Y": 20, "X": 30}, np.uint8, "TCZYX")


def test_a_box_has_a_place_in_the_order_of_the_file() -> None:
    values = np.zeros((4, 10, 30), np.int64)
    place, stored = LAYOUT.place((1, 2), slice(5, 15), slice(None), values)
    assert place == (1, slice(0, 4, 1), 2, slice(5, 15, 1), slice(0, 30, 1))
    assert (stored.shape, stored.dtype) == ((4, 10, 30), np.uint8)


def test_one_channel_needs_no_axis() -> None:
    layout = Layout.of({"Y": 20, "X": 30}, ">f4")
    assert layout.dtype == np.dtype("=f4")
    for shape in ((20, 30), (1, 20, 30)):
        assert layout.place((), slice(None), slice(None), np.zeros(shape))[1].shape == (20, 30)


@pytest.mark.parametrize("shape", [(4, 10, 29), (3, 10, 30), (10, 30), (4, 300)])
def test_values_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(4, 10, 30\)"):
        LAYOUT.place((1, 2), slice(5, 15), slice(None), np.zeros(shape))


def test_boxes_outside_of_the_image() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        LAYOUT.place((1, 2), slice(15, 25), slice(None), np.zeros((4, 10, 30)))


def test_sizes_must_make_an_image() -> None:
    with pytest.raises(ImageError, match="lack Y or X"):
        Layout.of({"Z": 3, "Y": 20}, np.uint8)
    with pytest.raises(ValueError, match="length"):
        Layout.of({"Y": 0, "X": 20}, np.uint8)
