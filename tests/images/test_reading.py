from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import PixelSize
from napari_cytounet.images.reading import find_images, open_image, open_mask
from napari_cytounet.images.writing import write_image
from napari_cytounet.settings import ImageSettings


def test_the_user_may_name_the_axes(tmp_path: Path) -> None:
    path = tmp_path / "cells.npy"
    np.save(path, np.zeros((4, 20, 30)))
    assert open_image(path, ImageSettings(axes="CYX")).channels == 4
    with pytest.raises(ImageError, match=r"cells\.npy.*--axes"):
        open_image(path, ImageSettings(axes="YX"))


def test_axes_that_the_user_names_are_for_files_of_others(tmp_path: Path) -> None:
    settings = ImageSettings(axes="XY")
    write_image(tmp_path / "ours.tif", np.zeros((2, 4), np.uint8), "YX", tags={"kind": "classes"})
    np.save(tmp_path / "other.npy", np.zeros((2, 4), np.uint8))
    assert open_image(tmp_path / "ours.tif", settings).width == 4
    assert open_image(tmp_path / "other.npy", settings).width == 2


@pytest.mark.parametrize(
    ("axes", "shape", "read"),
    [
        ("YXZ", (20, 30, 5), "YXZ"),  # a plane a plane
        ("yxcz", (20, 30, 5), "YXZ"),  # masks have no channels
        ("YXZ", (20, 30), "YX"),  # of fewer dimensions: its own axes
        ("CYX", (20, 30), "YX"),
    ],
)
def test_axes_that_the_user_names_for_images_hold_for_their_masks(
    tmp_path: Path, axes: str, shape: tuple[int, ...], read: str
) -> None:
    np.save(tmp_path / "mask.npy", np.zeros(shape, np.uint8))
    mask = open_mask(tmp_path / "mask.npy", ImageSettings(axes=axes))
    assert (mask.height, mask.width, set(mask.axes)) == (20, 30, set(read))


def test_the_user_may_name_the_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    metadata = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(path, np.zeros((4, 20, 30), np.uint8), imagej=True, resolution=(4, 4), metadata=metadata)
    assert open_image(path).pixel_size == PixelSize(0.25, 0.25, 2.0)
    assert open_image(path, ImageSettings(pixel_size=0.5)).pixel_size == PixelSize(0.5, 0.5, 2.0)


@pytest.mark.parametrize(
    ("shape", "axes"), [((1, 20, 30), "ZYX"), ((1, 1, 20, 30), "TZYX"), ((20, 30, 1), "YXC")]
)
def test_single_planes_and_channels_are_no_stack(tmp_path: Path, shape: tuple[int, ...], axes: str) -> None:
    path = tmp_path / "cells.npy"
    np.save(path, np.zeros(shape))
    image = open_image(path, ImageSettings(axes=axes))
    assert (image.axes, image.planes, image.read().shape) == ("YX", [()], (1, 20, 30))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.tif", None, "does not exist"),
        ("empty.tif", b"", "0 bytes"),
        ("empty.png", b"", "0 bytes"),
        ("empty.npy", b"", "0 bytes"),
        ("notes.tif", b"these are my notes", "no TIFF"),
        ("notes.npy", b"these are my notes", "npy"),
        ("cells.czi", b"ZISRAWFILE", "suffix"),
        ("cells.zarr", b"a file", "suffix"),
        ("cells", b"a file", "suffix"),
    ],
)
def test_files_that_are_no_images(tmp_path: Path, name: str, content: bytes | None, problem: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageError, match=problem) as error:
        open_image(path)
    assert str(error.value).startswith(str(path))


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="folder"):
        open_image(tmp_path)


@settings(deadline=None, max_examples=60)
@given(content=st.binary(min_size=1, max_size=300), suffix=st.sampled_from([".tif", ".png", ".jpg", ".npy"]))
def test_any_bytes_are_an_image_or_an_error_for_the_user(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    magic = {
        ".tif": b"II*\0\x08\0\0\0",
        ".png": b"\x89PNG\r\n\x1a\n",
        ".jpg": b"\xff\xd8\xff",
        ".npy": b"\x93NUMPY\1\0",
    }
    path = tmp_path_factory.mktemp("any") / f"file{suffix}"
    path.write_bytes(magic[suffix] + content)
    with pytest.raises(ImageError, match="file"):
        open_image(path)


def test_images_of_a_folder_come_in_natural_order(tmp_path: Path) -> None:
    for name in ("img_10.TIF", "img_2.png", "img_1.jpeg", "notes.txt", ".hidden.tif", "Thumbs.db"):
        (tmp_path / name).touch()
    (tmp_path / "folder.tif").mkdir()
    assert [path.name for path in find_images(tmp_path)] == ["img_1.jpeg", "img_2.png", "img_10.TIF"]


def test_a_file_stands_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    path.write_bytes(b"x")
    assert find_images(path) == [path]


def test_folders_without_images(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is empty"):
        find_images(tmp_path)
    (tmp_path / "cells.czi").touch()
    with pytest.raises(ImageError, match=r"1 \.czi"):
        find_images(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(ImageError, match="name one of the folders in it"):
        find_images(tmp_path)
    with pytest.raises(ImageError, match="nowhere: does not exist"):
        find_images(tmp_path / "nowhere")
