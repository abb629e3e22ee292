from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_cytounet.errors import ImageError
from napari_cytounet.images import tiff
from napari_cytounet.images.image import PixelSize
from napari_cytounet.images.lazy import LazyView, MappedArray
from napari_cytounet.images.reading import open_image

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 4000, (5, 70, 90), np.uint16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.tif"


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "int16", "uint32", "float16", "float32", "float64", "bool"]
)
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits", "zstd"])
def test_depths_and_compressions(path: Path, dtype: str, compression: str | None) -> None:
    image = (STACK[0] % 251).astype(dtype)
    tifffile.imwrite(path, image, compression=compression)
    opened = open_image(path)
    assert (opened.axes, opened.dtype) == ("YX", dtype)
    np.testing.assert_array_equal(opened.read()[0], image)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_stored_values_are_not_inverted(path: Path, photometric: str) -> None:
    tifffile.imwrite(path, STACK[0] > 2000, photometric=photometric)
    np.testing.assert_array_equal(open_image(path).read()[0], STACK[0] > 2000)


def test_big_endian_and_bigtiff(path: Path) -> None:
    tifffile.imwrite(path, STACK[0], byteorder=">", bigtiff=True)
    np.testing.assert_array_equal(open_image(path).read()[0], STACK[0])


@pytest.mark.parametrize("shape", [(1, 1), (40, 3), (3, 40)])
def test_tiny_images(path: Path, shape: tuple[int, int]) -> None:
    tifffile.imwrite(path, np.ones(shape, np.uint8))
    assert open_image(path).read().shape == (1, *shape)


def test_imagej_hyperstack(path: Path) -> None:
    array = RNG.integers(0, 99, (2, 3, 4, 20, 30)).astype(np.uint16)
    metadata = {"axes": "TZCYX", "spacing": 2.5, "unit": "um"}
    tifffile.imwrite(path, array, imagej=True, resolution=(4, 2), metadata=metadata)
    image = open_image(path)
    assert (image.axes, image.plane_axes, image.channels) == ("TZCYX", "TZ", 4)
    assert image.pixel_size == PixelSize(y=0.5, x=0.25, z=2.5)
    np.testing.assert_array_equal(image.read((1, 2)), array[1, 2])


def test_imagej_without_a_unit_has_no_pixel_size(path: Path) -> None:
    tifffile.imwrite(path, STACK, imagej=True, resolution=(4, 2), metadata={"axes": "ZYX", "spacing": 2.5})
    assert open_image(path).pixel_size is None


def test_ome_tiff_in_nanometres(path: Path) -> None:
    sizes = {f"PhysicalSize{letter}": size for letter, size in zip("XYZ", (250, 500, 2), strict=True)}
    units = {"PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}  # Z in the standard's own micrometres
    tifffile.imwrite(path, STACK, ome=True, metadata={"axes": "TYX"} | sizes | units)
    image = open_image(path)
    assert image.axes == "TYX"
    assert image.pixel_size == PixelSize(y=0.5, x=0.25, z=2.0)
    assert image.tags == {}


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        ((20000, 20000), "CENTIMETER", PixelSize(0.5, 0.5)),
        ((96, 96), "INCH", None),
        ((72, 72), "INCH", None),
        ((50800, 50800), "INCH", PixelSize(0.5, 0.5)),
        ((2, 2), "NONE", None),
    ],
)
def test_resolution_tags(path: Path, resolution: Any, unit: str, expected: PixelSize | None) -> None:
    tifffile.imwrite(path, STACK[0], resolution=resolution, resolutionunit=unit)
    assert open_image(path).pixel_size == expected


def test_pages_without_metadata_are_a_stack(path: Path) -> None:
    tifffile.imwrite(path, STACK, metadata=None)
    image = open_image(path)
    assert image.axes == "ZYX"
    assert "guessed" in image.notes[0]


def test_separate_colour_planes(path: Path) -> None:
    tifffile.imwrite(path, STACK[:3], photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(open_image(path).read(), STACK[:3])


def test_images_of_different_shape_in_one_file(path: Path) -> None:
    with tifffile.TiffWriter(path) as writer:
        writer.write(STACK[0])
        writer.write(STACK[0, :9, :9])
    image = open_image(path)
    np.testing.assert_array_equal(image.read()[0], STACK[0])
    assert "2 images" in image.notes[0]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, MappedArray),
        ({"byteorder": ">"}, MappedArray),
        ({"imagej": True, "metadata": {"axes": "ZYX"}}, MappedArray),
        ({"compression": "zlib", "tile": (32, 32)}, LazyView),
        ({"compression": "lzw", "rowsperstrip": 8}, LazyView),
    ],
)
def test_large_files_are_read_where_they_are_asked(
    path: Path, options: dict[str, Any], kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff, "READ_AT_ONCE", 1000)
    tifffile.imwrite(path, STACK, photometric="minisblack", **options)
    image = open_image(path)
    assert isinstance(image.data, kind)
    np.testing.assert_array_equal(image.read((3,), slice(10, 60), slice(5, 80)), STACK[3:4, 10:60, 5:80])
    del image
    gc.collect()  # an unclosed file would warn


def test_large_bilevel_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff, "READ_AT_ONCE", 1000)
    tifffile.imwrite(path, STACK > 2000, photometric="minisblack")
    np.testing.assert_array_equal(open_image(path).read((4,))[0], STACK[4] > 2000)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"compression": "lzw", "tile": (32, 32)}, {"bigtiff": True}]
)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.99])
def test_truncated_files(path: Path, options: dict[str, Any], share: float) -> None:
    tifffile.imwrite(path, STACK, photometric="minisblack", **options)
    written = path.read_bytes()
    path.write_bytes(written[: int(len(written) * share)])
    with pytest.raises(ImageError, match=r"cells\.tif"):
        open_image(path)


def test_a_damaged_strip(path: Path) -> None:
    tifffile.imwrite(path, STACK[0], compression="zlib")
    with tifffile.TiffFile(path) as opened:
        offset = opened.pages[0].dataoffsets[0]
    written = bytearray(path.read_bytes())
    written[offset : offset + 40] = bytes(40)
    path.write_bytes(written)
    with pytest.raises(ImageError, match=r"cells\.tif.*damaged"):
        open_image(path)


def test_a_large_file_that_is_damaged_says_so_when_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff, "READ_AT_ONCE", 1000)
    tifffile.imwrite(path, STACK[0], compression="zlib", tile=(32, 32))
    with tifffile.TiffFile(path) as opened:
        offset = opened.pages[0].dataoffsets[0]
    written = bytearray(path.read_bytes())
    written[offset : offset + 40] = bytes(40)
    path.write_bytes(written)
    image = open_image(path)
    with pytest.raises(ImageError, match=r"cells\.tif.*damaged"):
        image.read((), slice(0, 5), slice(0, 5))
