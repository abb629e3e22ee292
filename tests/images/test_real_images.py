"""Every folder of the real data, read and paired."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_cytounet.errors import PairingError
from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.images.reading import find_images, open_image

FOLDERS = [
    # folder, files, shape of the first plane, dtype, axes
    ("bbbc030/train/images", 20, (1, 1032, 1376), "uint8", "YX"),
    ("bbbc030/train/outlines", 20, (1, 1032, 1376), "uint8", "YX"),
    ("bbbc003/images", 15, (1, 640, 480), "uint8", "YX"),
    ("bbbc003/truth", 15, (1, 640, 480), "bool", "YX"),
    ("a549/images", 10, (1, 1200, 1200), "uint8", "YX"),
    ("isbi2012/image", 20, (1, 512, 512), "uint8", "YX"),
    ("dsb2018/fluo/masks", 541, (1, 256, 256), "uint16", "YX"),
    ("dsb2018/histo_rgb/images", 48, (3, 256, 320), "uint8", "YXC"),
    ("usiigaci_phase/images", 14, (1, 1022, 1024), "uint16", "YX"),
    ("wbc2/images", 50, (3, 300, 300), "uint8", "YXC"),
    ("qcanet_embryo_zyx/images", 2, (1, 120, 122), "uint16", "ZYX"),
    ("ctc_cho_tzyx", 2, (1, 443, 512), "uint8", "TZYX"),
    ("stardist_demo/masks", 3, (1, 512, 512), "uint8", "YX"),
]


@pytest.mark.parametrize(
    ("folder", "count", "shape", "dtype", "axes"), FOLDERS, ids=[row[0] for row in FOLDERS]
)
def test_folders(data: Path, folder: str, count: int, shape: tuple[int, ...], dtype: str, axes: str) -> None:
    paths = find_images(data / folder)
    assert len(paths) == count
    image = open_image(paths[0])
    assert (image.axes, image.dtype) == (axes, dtype)
    assert image.pixel_size is None  # none of them says
    assert image.read(image.planes[-1]).shape == shape


def test_bilevel_truth_is_0_on_the_embryo(data: Path) -> None:
    for path in find_images(data / "bbbc003" / "truth"):
        truth = open_image(path).read()[0]
        height, width = truth.shape
        assert truth[[0, -1]].all()
        assert not truth[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3].all()


def test_grey_saved_as_rgb(data: Path) -> None:
    path = find_images(data / "bbbc030" / "train" / "images")[0]
    image = open_image(path)
    assert image.notes == ("RGB that is grey: read as one channel",)
    np.testing.assert_array_equal(image.read()[0], imagecodecs.png_decode(path.read_bytes())[..., 1])


def test_a_coloured_time_stamp_is_no_colour(data: Path) -> None:
    images = [open_image(path) for path in find_images(data / "a549" / "images")]
    assert {image.channels for image in images} == {1}
    assert all("mark" in image.notes[0] for image in images)


def test_planes_of_a_time_series_of_stacks(data: Path) -> None:
    path = data / "ctc_cho_tzyx" / "image.tif"
    image = open_image(path)
    assert len(image.planes) == 20
    np.testing.assert_array_equal(image.read((3, 2))[0], tifffile.imread(path)[3, 2])


@pytest.mark.parametrize(
    ("images", "masks", "count"),
    [
        ("a549/images", "a549/masks", 10),
        ("bbbc003/images", "bbbc003/truth", 15),
        ("dsb2018/fluo", None, 541),
        ("isbi2012", None, 20),
        ("stardist_demo", None, 3),
        ("bbbc030/validation/images", "bbbc030/validation/outlines", 20),
    ],
)
def test_pairs(data: Path, images: str, masks: str | None, count: int) -> None:
    found = find_pairs(data / images, data / masks if masks else None)
    assert len(found.training) == count
    for pair in found.training:
        assert pair.mask.stem.replace("msk", "img") == pair.name


def test_two_kinds_of_mask_in_one_folder_are_asked_about(data: Path) -> None:
    with pytest.raises(PairingError, match="outlines and new_outlines"):
        find_pairs(data / "bbbc030")
