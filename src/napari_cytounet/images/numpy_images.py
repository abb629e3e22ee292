"""NumPy's .npy files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from napari_cytounet.errors import ImageError
from napari_cytounet.images.lazy import MappedArray
from napari_cytounet.images.stored import StoredImage


def read_npy(path: Path) -> StoredImage:
    """Read the header of a .npy file, and its values lazily.

    Raises
    ------
    ImageError
        The file is no .npy file or is truncated, or would have to be unpickled.
    """
    with path.open("rb") as file:
        try:
            version = npy.read_magic(file)
            header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran_order, dtype = header(file)
        except ValueError as error:
            raise ImageError(
                f"is truncated, or no .npy file ({error}). Save it again with numpy.save."
            ) from error
        offset = file.tell()
    if dtype.hasobject:
        raise ImageError("holds Python objects, which could run anything when loaded. Save it as numbers.")
    size, end = path.stat().st_size, offset + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if end > size:
        raise ImageError(f"is truncated: it ends at byte {size}, its values at {end}. Copy it again.")
    return StoredImage(MappedArray(path, offset, shape, dtype, "F" if fortran_order else "C"))
