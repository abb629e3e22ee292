"""Run-length encoding as COCO stores masks: runs of 0 and 1 down the columns, as numbers or as a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LARGEST_RUN = 2**40


def encode_runs(pixels: NDArray[np.int64], size: tuple[int, int]) -> list[int]:
    """Return the lengths of the runs of a mask, column by column; the first run is of 0.

    Parameters
    ----------
    pixels
        Flat indices, row by row, of the pixels that are 1.
    size
        Height and width of the mask.

    Examples
    --------
    >>> encode_runs(np.flatnonzero([[0, 1], [0, 1], [1, 0]]), (3, 2))
    [2, 3, 1]
    """
    height, width = size
    if not len(pixels):
        return [height * width]
    rows, columns = np.divmod(pixels, width)
    down = np.sort(columns * height + rows)
    begins = np.flatnonzero(np.diff(down, prepend=-2) > 1)
    ends = np.append(begins[1:], len(down)) - 1
    borders = np.stack([down[begins], down[ends] + 1], axis=-1).ravel()
    runs: list[int] = np.diff(np.concatenate([[0], borders, [height * width]])).tolist()
    return runs if runs[-1] or len(runs) == 1 else runs[:-1]


def decode_runs(runs: Sequence[int], size: tuple[int, int]) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """Return the mask that runs stand for, cut down to its bounding box, and the first row and column of it.

    Parameters
    ----------
    runs
        As `encode_runs` returns them.
    size
        Height and width of the whole mask.

    Raises
    ------
    ValueError
        If the runs do not fill the mask.

    Examples
    --------
    >>> decode_runs([2, 3, 1], (3, 2))
    (array([[False,  True],
           [False,  True],
           [ True, False]]), (0, 0))
    """
    lengths = np.asarray(runs, np.int64)
    height, width = size
    if (lengths < 0).any() or lengths.sum() != height * width:
        raise ValueError(f"its runs fill {int(lengths.sum())} pixels, and the image has {height * width}")
    ends = np.cumsum(lengths)
    starts, ends = ends[::2][: len(lengths) // 2], ends[1::2]
    inside = ends > starts
    starts, ends = starts[inside], ends[inside]
    if not len(starts):
        return np.zeros((0, 0), bool), (0, 0)
    first, last = int(starts[0] // height), int((ends[-1] - 1) // height)
    columns = np.zeros((last - first + 1) * height + 1, np.int8)
    np.add.at(columns, starts - first * height, 1)
    np.add.at(columns, ends - first * height, -1)
    mask = np.cumsum(columns[:-1], dtype=np.int8).astype(bool).reshape(-1, height).T
    rows = np.flatnonzero(mask.any(axis=1))
    return mask[rows[0] : rows[-1] + 1], (int(rows[0]), first)


def runs_to_text(runs: Sequence[int]) -> str:
    """Return runs as COCO's compressed text: five bits a character, differences to the run before the last.

    Examples
    --------
    >>> runs_to_text([2, 3, 1]), text_to_runs("231")
    ('231', [2, 3, 1])
    """
    characters = []
    for at, run in enumerate(runs):
        rest = run - (runs[at - 2] if at > 2 else 0)
        more = True
        while more:
            bits = rest & 0x1F
            rest >>= 5
            more = rest != -1 if bits & 0x10 else rest != 0
            characters.append(chr((bits | 0x20 if more else bits) + 48))
    return "".join(characters)


def text_to_runs(text: str) -> list[int]:
    """Return the runs of a compressed text.

    Raises
    ------
    ValueError
        If the text is damaged.
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 40:
            raise ValueError("its compressed runs are damaged")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        if not 0 <= runs[-1] < _LARGEST_RUN:
            raise ValueError("its compressed runs are damaged")
        value = shift = 0
    if shift:
        raise ValueError("its compressed runs are cut off")
    return runs
