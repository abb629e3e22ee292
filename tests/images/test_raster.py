from __future__ import annotations

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.reading import open_image

RNG = np.random.default_rng(0)


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Write a PNG by hand, for the kinds that no encoder at hand writes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    framed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (30, 3), (20, 30), (20, 30, 3), (20, 30, 4)])
def test_png(tmp_path: Path, dtype: type, shape: tuple[int, ...]) -> None:
    values = RNG.integers(0, np.iinfo(dtype).max, shape, dtype)
    path = tmp_path / "cells.PNG"
    path.write_bytes(imagecodecs.png_encode(values))
    image = open_image(path)
    assert image.dtype == dtype
    np.testing.assert_array_equal(
        image.read(), values[np.newaxis] if len(shape) == 2 else values.transpose(2, 0, 1)
    )


def test_one_bit_png(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(png(4, 2, 1, 0, bytes([0, 0b01010000, 0, 0b11110000])))
    np.testing.assert_array_equal(open_image(path).read()[0], [[0, 255, 0, 255], [255, 255, 255, 255]])


def test_a_palette_is_read_as_colours(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    palette = bytes([0, 0, 0, 255, 0, 0, 0, 0, 255])
    path.write_bytes(png(3, 1, 8, 3, bytes([0, 2, 1, 0]), (b"PLTE", palette)))
    np.testing.assert_array_equal(open_image(path).read()[:, 0], [[0, 255, 0], [0, 0, 0], [255, 0, 0]])


def test_a_grey_palette_is_grey(tmp_path: Path) -> None:
    path = tmp_path / "cells.png"
    path.write_bytes(png(2, 1, 8, 3, bytes([0, 1, 0]), (b"PLTE", bytes([9, 9, 9, 70, 70, 70]))))
    np.testing.assert_array_equal(open_image(path).read(), [[[70, 9]]])


def jpeg(values: NDArray[np.uint8]) -> bytes:
    return bytes(imagecodecs.jpeg_encode(values, level=95))


@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (64, 64, 3)])
def test_jpeg(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = np.zeros(shape, np.uint8)
    values[: len(values) // 2, ..., -1:] = 200
    path = tmp_path / "cells.jpg"
    path.write_bytes(jpeg(values))
    read = open_image(path).read()
    assert np.abs(read - np.moveaxis(np.atleast_3d(values).astype(float), -1, 0)).mean() < 8


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
@pytest.mark.parametrize("suffix", [".png", ".jpeg"])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    values = RNG.integers(0, 256, (90, 80, 3), np.uint8)
    path = tmp_path / f"cells{suffix}"
    written = jpeg(values) if suffix == ".jpeg" else bytes(imagecodecs.png_encode(values))
    path.write_bytes(written[: int(len(written) * share)])
    with pytest.raises(ImageError, match=r"cells.*(truncated|damaged).*again"):
        open_image(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_text_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    path.write_text("no image at all")
    with pytest.raises(ImageError, match="notes"):
        open_image(path)


def test_printing_colours_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.jpg"
    cmyk = imagecodecs.jpeg_encode(np.zeros((8, 8, 4), np.uint8), colorspace="CMYK", outcolorspace="CMYK")
    path.write_bytes(cmyk)
    with pytest.raises(ImageError, match="CMYK"):
        open_image(path)
