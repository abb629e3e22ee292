"""Tests of refusing pixels that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.errors import ImageError
from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image


def test_only_what_is_read_is_looked_at() -> None:
    pixels = np.zeros((2, 4, 4), np.float32)
    pixels[1, 3, 3] = np.nan
    image = Image.from_array(pixels, "TYX", name="cells")
    assert read_finite(image, (0,)).shape == (1, 4, 4)
    assert read_finite(image, (1,), rows=slice(0, 2), columns=slice(1, 4)).shape == (1, 2, 3)
    with pytest.raises(ImageError, match="cells T=1 holds NaN or infinite values"):
        read_finite(image, (1,))


def test_whole_numbers_pass() -> None:
    assert read_finite(Image.from_array(np.ones((4, 4), np.uint16))).dtype == np.uint16
