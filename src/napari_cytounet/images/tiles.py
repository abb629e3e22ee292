"""Cutting a plane into tiles, and blending their seams without keeping the plane in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """The part of one axis that a tile answers for, `start` to `stop`, and where it fades.

    Attributes
    ----------
    start, stop
        Pixels of the axis; the spans of an axis follow each other without a gap.
    fade_start, fade_stop
        Half width of the zone around `start` and `stop` where this span and its neighbour are mixed;
        0 at the ends of the axis.
    """

    start: int
    stop: int
    fade_start: int = 0
    fade_stop: int = 0

    @property
    def reach(self) -> slice:
        """All pixels that the tile must give: the span and its fading zones."""
        return slice(self.start - self.fade_start, self.stop + self.fade_stop)

    @property
    def finished(self) -> slice:
        """The pixels that no later span changes, once all earlier ones were added."""
        return slice(self.start - self.fade_start, self.stop - self.fade_stop)

    def fade(self, values: NDArray[np.float32], axis: int) -> None:
        """Multiply values over `reach` by the weight of this span, in place; neighbours add up to 1.

        Examples
        --------
        >>> values = np.ones(5, dtype=np.float32)
        >>> Span(0, 4, fade_stop=1).fade(values, axis=0)
        >>> values
        array([1.  , 1.  , 1.  , 0.75, 0.25], dtype=float32)
        """
        along = np.moveaxis(values, axis, -1)
        if self.fade_start:
            along[..., : 2 * self.fade_start] *= _ramp(self.fade_start)
        if self.fade_stop:
            along[..., -2 * self.fade_stop :] *= _ramp(self.fade_stop)[::-1]


def cut_axis(size: int, tile: int, stride: int) -> list[tuple[int, int]]:
    """Cut an axis into pieces of about equal length, at least `tile` and below twice that.

    Parameters
    ----------
    size
        Length of the axis.
    tile
        Smallest length of a piece (an axis shorter than two of it stays whole).
    stride
        Pieces begin at multiples of it, as a network that halves its input needs.

    Examples
    --------
    >>> cut_axis(100, 30, 16)
    [(0, 48), (48, 96), (96, 100)]
    >>> cut_axis(50, 30, 16)
    [(0, 50)]
    """
    pieces = max(1, size // tile)
    length = -(-size // pieces)
    length += -length % stride
    return [(start, min(start + length, size)) for start in range(0, size, length)]


def spans(boundaries: list[int], fade: int) -> list[Span]:
    """Return the spans between boundaries; neighbours fade over `fade` pixels to each side.

    The zone is narrower where a span is too short for two of them.

    Examples
    --------
    >>> spans([0, 10, 20], fade=2)
    [Span(start=0, stop=10, fade_start=0, fade_stop=2), Span(start=10, stop=20, fade_start=2, fade_stop=0)]
    """
    lengths = np.diff(boundaries)
    fades = [0, *(min(fade, int(min(pair)) // 2) for pair in pairwise(lengths)), 0]
    return [
        Span(boundaries[i], boundaries[i + 1], fades[i], fades[i + 1]) for i in range(len(boundaries) - 1)
    ]


@dataclass
class Blender:
    """Mixes tiles that arrive row by row, and gives back each box as soon as it is final.

    Only the zones that later tiles fade into are kept: one strip below the current row of tiles and one
    beside the current tile.

    Attributes
    ----------
    rows, columns
        The spans of both axes; tiles are added row by row.
    """

    rows: list[Span]
    columns: list[Span]
    _below: NDArray[np.float32] | None = field(default=None, init=False)
    _beside: NDArray[np.float32] | None = field(default=None, init=False)

    def add(self, row: Span, column: Span, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add the next tile and return the final values of `row.finished` x `column.finished`.

        Parameters
        ----------
        row, column
            The tile.
        values
            (K, Y, X) over `row.reach` x `column.reach`; changed in place.
        """
        below = self._strip_below(len(values))
        row.fade(values, axis=1)
        column.fade(values, axis=2)
        if self._beside is not None:
            values[:, :, : 2 * column.fade_start] += self._beside
        self._beside = values[:, :, -2 * column.fade_stop :].copy() if column.fade_stop else None
        done = column.finished
        values = values[:, :, : done.stop - done.start]
        if row.fade_start:
            values[:, : 2 * row.fade_start] += below[:, : 2 * row.fade_start, done]
        if row.fade_stop:
            below[:, : 2 * row.fade_stop, done] = values[:, -2 * row.fade_stop :]
        return values[:, : row.finished.stop - row.finished.start]

    def _strip_below(self, channels: int) -> NDArray[np.float32]:
        """Return what the current row of tiles leaves to the next, made when it is first needed."""
        if self._below is None:
            height = 2 * max(row.fade_stop for row in self.rows)
            self._below = np.zeros((channels, height, self.columns[-1].stop), dtype=np.float32)
        return self._below


def _ramp(fade: int) -> NDArray[np.float32]:
    """Return the rise from 0 to 1 over twice `fade` pixels, taken at their centres."""
    return ((np.arange(2 * fade, dtype=np.float32) + 0.5) / (2 * fade)).astype(np.float32)
