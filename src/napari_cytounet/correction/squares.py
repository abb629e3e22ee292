"""Planes cut into squares of one side, of which only some are kept."""

from __future__ import annotations

from collections.abc import Iterator

Interval = tuple[int, int]
"""First pixel and the one after the last, along one axis; both may be negative."""

Square = tuple[int, int]
"""Row and column of a square among the squares."""


def overlaps(
    rows: Interval, columns: Interval, side: int
) -> Iterator[tuple[Square, tuple[slice, slice], tuple[slice, slice]]]:
    """Give each square that a box overlaps: which, the part inside it, and that part inside the box.

    Examples
    --------
    >>> [square for square, _, _ in overlaps((60, 70), (0, 64), side=64)]
    [(0, 0), (1, 0)]
    """
    across = list(_along(columns, side))
    for row, inside_rows, box_rows in _along(rows, side):
        for column, inside_columns, box_columns in across:
            yield (row, column), (inside_rows, inside_columns), (box_rows, box_columns)


def _along(interval: Interval, side: int) -> Iterator[tuple[int, slice, slice]]:
    start, stop = interval
    for place in range(start // side, -(-stop // side)):
        first, last = max(start, place * side), min(stop, (place + 1) * side)
        if first < last:
            origin = place * side
            yield place, slice(first - origin, last - origin), slice(first - start, last - start)
