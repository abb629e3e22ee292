"""Normalisation: contrast whatever the camera gave, and nothing that is no number."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import SAMPLE_PIXELS, Normalisation


def _normalised(array: NDArray[np.generic], axes: str | None = None) -> NDArray[np.float32]:
    image = Image.from_array(array, axes)
    limits = Normalisation().intensity_range(image)
    return Normalisation().apply(image.read(), limits)


def _noise(size: int = 100) -> NDArray[np.float64]:
    return np.random.default_rng(0).random((size, size))


def test_the_percentiles_become_0_and_1() -> None:
    pixels = _noise() * 1000
    normalised = _normalised(pixels)
    assert normalised.dtype == np.float32
    low, high = np.percentile(normalised, [1.0, 99.8])
    assert (low, high) == (pytest.approx(0, abs=1e-6), pytest.approx(1, abs=1e-6))
    assert np.corrcoef(pixels.ravel(), normalised.ravel())[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
def test_every_type_of_pixel_gives_the_same(dtype: str) -> None:
    counts = (_noise() * 250).astype(np.uint8)
    np.testing.assert_allclose(_normalised(counts.astype(dtype)), _normalised(counts), atol=1e-6)


def test_bool_is_two_levels() -> None:
    pixels = _noise() > 0.5
    assert set(np.unique(_normalised(pixels))) == {0.0, 1.0}


@pytest.mark.parametrize("offset", [0, 3000, 2**24, 2**31 + 5])
def test_small_differences_on_a_large_offset_are_kept(offset: int) -> None:
    counts = (_noise() * 250).astype(np.uint32)
    np.testing.assert_allclose(_normalised(counts + np.uint32(offset)), _normalised(counts), atol=1e-5)
    np.testing.assert_allclose(_normalised(counts + float(offset)), _normalised(counts), atol=1e-5)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (0, "uint8"),
        (255, "uint8"),
        (2**24 + 1, "uint32"),
        (2**31, "uint32"),
        (-7.5, "float32"),
        (2.0**31, "float32"),
        (1e300, "float64"),
    ],
)
def test_a_constant_plane_becomes_0(value: float, dtype: str) -> None:
    assert (_normalised(np.full((9, 9), value, dtype)) == 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 50)])
def test_small_planes_have_a_range(shape: tuple[int, int]) -> None:
    assert np.isfinite(_normalised(np.arange(np.prod(shape)).reshape(shape), "YX")).all()


def test_a_single_hot_pixel_takes_no_contrast_away() -> None:
    pixels = (1000 + 200 * _noise()).astype(np.uint16)
    clean = _normalised(pixels)
    pixels[50, 50] = 65535
    hot = _normalised(pixels)
    assert hot[0, 50, 50] == 3
    others = np.arange(pixels.size) != 50 * 100 + 50
    np.testing.assert_allclose(hot.ravel()[others], clean.ravel()[others], atol=0.02)


def test_a_few_bright_pixels_on_an_even_background_are_seen() -> None:
    pixels = np.full((200, 200), 10, np.uint8)
    pixels[7, 7:10] = 200
    normalised = _normalised(pixels)[0]
    assert (normalised[7, 7:10] == 1).all()
    assert (np.delete(normalised, 7, axis=0) == 0).all()


def test_channels_have_a_range_each() -> None:
    dim = (_noise() * 10).astype(np.uint16)
    both = np.stack([dim, dim * 1000])
    normalised = _normalised(both, "CYX")
    np.testing.assert_allclose(normalised[0], normalised[1], atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_an_error_that_names_the_plane(value: float) -> None:
    stack = np.random.default_rng(0).random((3, 20, 20))
    stack[1, 2, 2] = value
    image = Image.from_array(stack, "TYX", name="cells")
    Normalisation().intensity_range(image, (0,))
    with pytest.raises(ImageError, match="cells T=1 holds NaN or infinite values"):
        Normalisation().intensity_range(image, (1,))


class _CountingRows:
    """A lazy array that remembers the most pixels that were asked of it at once."""

    shape = (6000, 2000)
    dtype = np.dtype(np.uint8)
    ndim = 2
    most = 0

    def __getitem__(self, index: tuple[slice, slice]) -> NDArray[np.uint8]:
        rows, columns = (len(range(size)[part]) for size, part in zip(self.shape, index, strict=True))
        type(self).most = max(self.most, rows * columns)
        return np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns).astype(np.uint8)


def test_a_large_plane_is_sampled_band_by_band() -> None:
    rows = _CountingRows()
    limits = Normalisation().intensity_range(Image(rows, "YX", "large"))
    assert limits.shape == (1, 2)
    assert _CountingRows.most < 6000 * 2000 / 2
    assert _CountingRows.most > SAMPLE_PIXELS
