from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.errors import MaskError
from napari_cytounet.images.image import Image
from napari_cytounet.images.mask_values import (
    MaskPlane,
    MaskValue,
    as_mask_value,
    as_number,
    describe,
    read_mask_plane,
)

SMALL = np.array([[0, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 1], [1, 0, 0, 0]])
COLOUR = st.integers(0, 0xFFFF)


def read(
    array: NDArray, axes: str | None = None, index: tuple[int, ...] = (), ignore_value: int | None = None
) -> MaskPlane:
    mask = Image.from_array(array, axes, name="cells")
    plane = read_mask_plane(mask, index, ignore_value=ignore_value, empty_planes=False)
    assert plane is not None
    return plane


@pytest.mark.parametrize("dtype", ["bool", "u1", "i1", "u2", ">u2", "i4", "u8", "f2", "f4", "f8"])
def test_labels_of_any_type_read_the_same(dtype: str) -> None:
    plane = read(SMALL.astype(dtype))
    assert np.array_equal(plane.values, SMALL)
    assert np.issubdtype(plane.values.dtype, np.integer)
    assert plane.labelled.all()


@given(st.one_of(st.integers(0, 2**40), st.tuples(COLOUR, COLOUR, COLOUR)))
def test_values_and_colours_survive_as_numbers(value: MaskValue) -> None:
    grey = isinstance(value, tuple) and len(set(value)) == 1
    assert as_mask_value(as_number(value)) == (value[0] if grey else value)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(COLOUR, COLOUR, COLOUR), min_size=2, max_size=5, unique=True))
def test_each_colour_is_a_number_of_its_own(colours: list[tuple[int, int, int]]) -> None:
    image = np.zeros((5, len(colours), 3), np.uint16)
    image[:] = colours
    assert [as_mask_value(number) for number in read(image, "YXC").values[0].tolist()] == [
        as_mask_value(as_number(colour)) for colour in colours
    ]


def test_a_grey_colour_is_its_grey_value() -> None:
    coloured = np.zeros((8, 8, 3), np.uint8)
    coloured[:4] = 255
    coloured[4:, :4] = (255, 0, 0)
    assert set(np.unique(read(coloured, "YXC").values)) == {0, 255, as_number((255, 0, 0))}


def test_transparent_pixels_are_background() -> None:
    painted = np.full((8, 8, 4), 255, np.uint8)
    painted[:4, :, 3] = 0
    painted[4:, :, :3] = (0, 255, 0)
    values = read(painted, "YXC").values
    assert not values[:4].any()
    assert as_mask_value(int(values[5, 5])) == (0, 255, 0)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.array([[0.0, np.nan], [1, 1]]), "NaN"),
        (np.array([[0.0, np.inf], [1, 1]]), "NaN or infinite"),
        (np.array([[0.0, 0.5], [1, 1]]), "such as 0.5.*cytounet threshold"),
        (np.array([[0.0, 1e30], [1, 1]]), "too large"),
        (np.array([[0, -3], [1, 1]]), "such as -3.*--ignore-value -3"),
        (np.array([[0.0, -1.0], [1, 1]]), "such as -1"),
    ],
)
def test_values_that_cannot_be_labels(array: NDArray, says: str) -> None:
    with pytest.raises(MaskError, match=f"The mask cells .*{says}"):
        read(array)


@pytest.mark.parametrize("channels", [2, 5])
def test_masks_of_several_channels(channels: int) -> None:
    with pytest.raises(MaskError, match=f"cells has {channels} channels"):
        read(np.ones((channels, 8, 8), np.uint8), "CYX")


def test_colours_out_of_range() -> None:
    with pytest.raises(MaskError, match="outside 0 to 65535"):
        read(np.full((3, 8, 8), [[[1]], [[2]], [[70_000]]]), "CYX")


@pytest.mark.parametrize("dtype", ["i2", "i8", "f4"])
def test_a_negative_ignore_value_is_no_error(dtype: str) -> None:
    array = np.where(SMALL, -1, 0).astype(dtype)
    assert np.array_equal(read(array, ignore_value=-1).labelled, SMALL == 0)


def test_an_ignore_value_outside_the_type_ignores_nothing() -> None:
    assert read(SMALL.astype(np.uint8), ignore_value=-1).labelled.all()
    assert read(SMALL.astype(np.uint8), ignore_value=1000).labelled.all()


def test_files_and_planes_are_named() -> None:
    stack = Image(np.zeros((3, 8, 8), np.uint8), "ZYX", "embryo", Path("masks/embryo.tif"))
    assert describe(stack, (2,)) == f"The mask {Path('masks/embryo.tif')} Z=2"
    assert describe(Image.from_array(SMALL, name="cells")) == "The mask cells"
