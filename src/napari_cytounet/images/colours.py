"""Colours that say nothing: RGB that is really grey, and alpha that is opaque everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.lazy import LazyArray, cut

_ROWS_AT_ONCE = 1024  # so that a large image is never held whole
_MARK = 0.01  # a coloured box of at most this share of a grey image is a time stamp or a scale bar
_GREYS_OF_A_PICTURE = 16  # fewer different values are a mask drawn in colours, of which a small one counts


def simplify_colours(data: LazyArray, axes: str) -> tuple[LazyArray, str, tuple[str, ...]]:
    """Drop opaque alpha, and read RGB whose three channels are equal as one channel.

    A grey picture with a small coloured mark (a time stamp, a scale bar) is grey. The whole image is looked
    at, strip by strip, until it is seen to be coloured.

    Parameters
    ----------
    data
        Image whose channels are the samples of a pixel: grey and alpha, RGB, or RGBA.
    axes
        Its axes, one letter a dimension.

    Returns
    -------
    data, axes, notes
        As they are to be used, and what was done, for the user.
    """
    at = axes.index("C")
    notes = []
    if data.shape[at] in {2, 4}:
        if all(_is_opaque(strip[-1]) for _, strip in _strips(data, axes)):
            data = cut(data, {at: slice(0, data.shape[at] - 1)})
            notes.append("alpha that is opaque everywhere: left out")
        else:
            notes.append("the last channel may be alpha, but is not opaque everywhere: kept")
    if data.shape[at] == 3 and (what := _greyness(data, axes)):
        data = cut(data, {at: slice(0, 1)})
        notes.append(f"RGB that is {what}: read as one channel")
    if data.shape[at] == 1:
        data, axes = cut(data, {at: 0}), axes.replace("C", "")
    return data, axes, tuple(notes)


def _strips(data: LazyArray, axes: str) -> Iterator[tuple[int, Any]]:
    """Yield strips of every plane, channels first, with the row at which they begin."""
    rows = [slice(top, top + _ROWS_AT_ONCE) for top in range(0, data.shape[axes.index("Y")], _ROWS_AT_ONCE)]
    choices: list[Any] = [
        rows if letter == "Y" else [slice(None)] if letter in "CX" else range(length)
        for letter, length in zip(axes, data.shape, strict=True)
    ]
    left = [letter for letter in axes if letter in "CYX"]
    for index in product(*choices):
        strip = np.asarray(data[index]).transpose([left.index(letter) for letter in "CYX"])
        yield index[axes.index("Y")].start, strip


def _is_opaque(alpha: Any) -> bool:
    opaque = 1 if alpha.dtype.kind in "fb" else np.iinfo(alpha.dtype).max
    return bool((alpha == opaque).all())


def _greyness(data: LazyArray, axes: str) -> str | None:
    """Say in what way RGB is grey; None if it is not."""
    height, width = data.shape[axes.index("Y")], data.shape[axes.index("X")]
    rows, columns = np.zeros(height, bool), np.zeros(width, bool)
    for top, strip in _strips(data, axes):
        red, green, blue = strip
        if np.array_equal(red, green) and np.array_equal(red, blue):
            continue
        coloured = (red != green) | (red != blue)
        rows[top : top + len(coloured)] |= coloured.any(axis=1)
        columns |= coloured.any(axis=0)
        if _extent(rows) * _extent(columns) > _MARK * height * width:
            return None
    if not rows.any():
        return "grey"
    return "grey but for a small mark" if _is_picture(data, axes) else None


def _extent(flags: NDArray[np.bool_]) -> int:
    """Return the length from the first flag that is set to the last."""
    return int(np.ptp(np.flatnonzero(flags))) + 1


def _is_picture(data: LazyArray, axes: str) -> bool:
    values: set[Any] = set()
    for _, strip in _strips(data, axes):
        values.update(np.unique(strip[0]).tolist())
        if len(values) > _GREYS_OF_A_PICTURE:
            return True
    return False
