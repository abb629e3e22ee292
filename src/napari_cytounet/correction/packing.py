"""Pixels as text, for files of JSON lines."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack(values: NDArray[Any]) -> str:
    """Return values as compressed text, without their shape and data type."""
    packed = zlib.compress(np.ascontiguousarray(values).tobytes(), level=1)
    return base64.b64encode(packed).decode("ascii")


def unpack(text: str, dtype: np.dtype[Any] | type[np.generic]) -> NDArray[Any]:
    """Return what `pack` was given, flat.

    Raises
    ------
    ValueError, zlib.error
        If the text is damaged.

    Examples
    --------
    >>> unpack(pack(np.array([[1, 2], [3, 4]], np.uint8)), np.uint8).tolist()
    [1, 2, 3, 4]
    """
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype)
