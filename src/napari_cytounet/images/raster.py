"""PNG and JPEG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.images.stored import StoredImage


def read_png(path: Path) -> StoredImage:
    """Read a PNG file of 1 to 16 bits a sample; a palette is read as its colours.

    Raises
    ------
    ImageError
        The file is no PNG, or is truncated or damaged.
    """
    return _stored(_decode(imagecodecs.png_decode, path.read_bytes(), "PNG"))


def read_jpeg(path: Path) -> StoredImage:
    """Read a JPEG file, grey or in colours.

    Raises
    ------
    ImageError
        The file is no JPEG, is truncated or damaged, or has printing colours.
    """
    written = path.read_bytes()
    # The decoder fills up missing rows with grey. Pixels begin at the last marker FF DA and end at FF D9.
    if b"\xff\xd9" not in written[written.rfind(b"\xff\xda") :]:
        raise ImageError("is truncated, or no JPEG file. Copy or export it again.")
    values = _decode(imagecodecs.jpeg_decode, written, "JPEG")
    if values.ndim == 3 and values.shape[-1] == 4:
        raise ImageError("has the printing colours CMYK. Save it as grey or RGB.")
    return _stored(values)


def _decode(decoder: Any, written: bytes, format_name: str) -> NDArray[Any]:
    try:
        values: NDArray[Any] = decoder(written)
    except RuntimeError as error:  # what imagecodecs raises
        raise ImageError(
            f"is truncated, damaged, or no {format_name} file ({error}). Copy or export it again."
        ) from error
    return values


def _stored(values: NDArray[Any]) -> StoredImage:
    return StoredImage(values, "YX" if values.ndim == 2 else "YXS")
