from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_cytounet.errors import ImageError
from napari_cytounet.images.lazy import MappedArray
from napari_cytounet.images.reading import open_image

ARRAY = np.random.default_rng(0).normal(size=(4, 20, 30)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.npy"


@pytest.mark.parametrize("array", [ARRAY, np.asfortranarray(ARRAY), ARRAY.astype(">f8"), ARRAY > 0])
def test_values_are_mapped(path: Path, array: Any) -> None:
    np.save(path, array)
    image = open_image(path)
    assert isinstance(image.data, MappedArray)
    np.testing.assert_array_equal(image.read((2,), slice(3, 9))[0], array[2, 3:9])


def test_later_versions_of_the_header(path: Path) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array(file, ARRAY, version=(2, 0))
    np.testing.assert_array_equal(open_image(path).read((1,))[0], ARRAY[1])


def test_objects_are_never_unpickled(path: Path, tmp_path: Path) -> None:
    np.save(path, np.array([[_Bomb(tmp_path / "exploded")]], object))
    with pytest.raises(ImageError, match=r"cells\.npy.*Python objects"):
        open_image(path)
    assert not (tmp_path / "exploded").exists()


class _Bomb:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


def test_complex_numbers(path: Path) -> None:
    np.save(path, ARRAY[0].astype(complex))
    with pytest.raises(ImageError, match=r"cells\.npy.*complex"):
        open_image(path)


def test_no_pixels(path: Path) -> None:
    np.save(path, ARRAY[0, :0])
    with pytest.raises(ImageError, match=r"cells\.npy.*no pixels"):
        open_image(path)


@pytest.mark.parametrize("length", [1, 30, 120, 128, 5000, -1])
def test_truncated(path: Path, length: int) -> None:
    np.save(path, ARRAY)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ImageError, match=r"cells\.npy.*truncated"):
        open_image(path)
