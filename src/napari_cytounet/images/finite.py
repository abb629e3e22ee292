"""Pixels that are numbers: NaN and infinity are refused before they spoil what is computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image


def read_finite(
    image: Image, index: tuple[int, ...] = (), rows: slice = slice(None), columns: slice = slice(None)
) -> NDArray[Any]:
    """Read a plane, or a box of it, as `Image.read` does.

    Raises
    ------
    ImageError
        If it holds NaN or infinite values.
    """
    pixels = image.read(index, rows=rows, columns=columns)
    check_finite(pixels, image, index)
    return pixels


def check_finite(pixels: NDArray[Any], image: Image, index: tuple[int, ...]) -> None:
    """Raise an ImageError if pixels of a plane are NaN or infinite."""
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ImageError(
            f"{image.path or image.name}: {image.plane_name(index)} holds NaN or infinite values. "
            "Replace them (for example by 0 or the background's mean) and save the image again."
        )
