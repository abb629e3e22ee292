from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image, PixelSize
from napari_cytounet.images.lazy import MappedArray


@settings(deadline=None, max_examples=60)
@given(axes=st.permutations("TZCYX"), count=st.integers(2, 5), seed=st.integers(0, 99), data=st.data())
def test_a_box_of_a_plane_in_any_order_of_axes(
    axes: list[str], count: int, seed: int, data: st.DataObject
) -> None:
    kept = [letter for letter in axes if letter in "YXCZT"[:count]]
    rng = np.random.default_rng(seed)
    sizes = {letter: int(rng.integers(1, 6)) for letter in kept}
    array = rng.integers(0, 9, [sizes[letter] for letter in kept])
    image = Image(array, "".join(kept), "x")
    assert (image.height, image.width, image.channels) == (sizes["Y"], sizes["X"], sizes.get("C", 1))
    assert len(image.planes) == sizes.get("T", 1) * sizes.get("Z", 1)

    full = np.einsum(f"{''.join(kept)}->{''.join(a for a in 'TZCYX' if a in kept)}", array)
    index = data.draw(st.sampled_from(image.planes))
    rows, columns = data.draw(st.slices(sizes["Y"])), data.draw(st.slices(sizes["X"]))
    plane = full[index] if "C" in kept else full[index][np.newaxis]
    np.testing.assert_array_equal(image.read(index, rows, columns), plane[:, rows, columns])


def test_planes_have_names() -> None:
    image = Image.from_array(np.zeros((2, 3, 4, 5)), "ZTYX", name="cells")
    assert image.plane_axes == "TZ"
    assert image.planes == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert image.plane_name((2, 0)) == "cells T=2 Z=0"
    assert Image.from_array(np.zeros((4, 5)), name="cells").plane_name(()) == "cells"


def test_what_is_read_is_a_copy_in_the_byte_order_of_this_machine() -> None:
    array = np.arange(6, dtype=np.dtype(">u2")).reshape(2, 3)
    image = Image.from_array(array)
    values = image.read()
    assert values.dtype == image.dtype == np.dtype("=u2")
    assert values.flags.c_contiguous
    values[:] = 0
    assert array.max() == 5


def test_axes_of_an_array_are_guessed_and_said() -> None:
    image = Image.from_array(np.zeros((6, 30, 20)))
    assert image.axes == "ZYX"
    assert "--axes" in image.notes[0]
    assert Image.from_array(np.zeros((30, 20))).notes == ()


def test_an_array_keeps_its_planes_and_pixel_size() -> None:
    image = Image.from_array(np.zeros((1, 6, 5)), "ZYX", name="n", pixel_size=PixelSize(0.5, 0.5))
    assert image.planes == [(0,)]
    assert image.pixel_size == PixelSize(0.5, 0.5)


def test_grey_rgb_arrays_are_one_channel() -> None:
    assert Image.from_array(np.zeros((30, 20, 3), np.uint8)).channels == 1


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros((0, 5)), "no pixels"),
        (np.zeros((4, 5), complex), "complex"),
        (np.array([["a", "b"]]), "no numbers"),
        (np.array([[None]]), "no numbers"),
    ],
)
def test_arrays_that_are_no_images(array: Any, problem: str) -> None:
    with pytest.raises(ImageError, match=problem):
        Image.from_array(array)


def test_axes_that_do_not_fit_the_data() -> None:
    with pytest.raises(ImageError, match="do not fit"):
        Image(np.zeros((4, 5)), "ZYX", "x")


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone.npy"
    image = Image(MappedArray(path, 0, (4, 5), np.dtype("u1")), "YX", "gone", path)
    with pytest.raises(ImageError, match=r"gone\.npy"):
        image.read()


def test_a_plane_must_be_named_in_full() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Image.from_array(np.zeros((2, 3, 4, 5)), "TZYX").read((1,))
