"""From labels to outlines: exact polygons along the edges of pixels. Filled, they are the labels."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from skimage.measure import points_in_poly

from napari_cytounet.images.annotations.shapes import Part, Ring

# A directed edge has its object on the right; directions in the order right, down, left, up (y points down).
_STEPS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])


def trace_objects(labels: NDArray[np.integer]) -> dict[int, tuple[Part, ...]]:
    """Trace the outlines of all objects.

    Parameters
    ----------
    labels
        (Y, X); 0 and negative numbers are no object.

    Returns
    -------
    dict
        The parts of each label. The first ring of a part is its outer boundary, the others are holes. Pixels
        that touch by a corner only are different parts.

    Examples
    --------
    >>> ((outline,),) = trace_objects(np.array([[0, 7, 7]]))[7]
    >>> outline.tolist()
    [[1.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0]]
    """
    owner, direction, start = _edges(labels)
    rings = _rings(owner, direction, start)
    outlines: dict[int, list[Ring]] = defaultdict(list)
    holes: dict[int, list[Ring]] = defaultdict(list)
    for label, ring in rings:
        (outlines if _signed_area(ring) > 0 else holes)[label].append(ring)
    return {label: _parts(outer, holes[label]) for label, outer in sorted(outlines.items())}


def _edges(
    labels: NDArray[np.integer],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return label, direction and starting point (x, y) of every pixel edge between an object and another."""
    padded = np.pad(np.maximum(labels, 0).astype(np.int64), 1)
    inner = padded[1:-1, 1:-1]
    # (neighbour, direction, offset of the starting corner): the top edge runs right, the right one down, …
    sides = (
        (padded[:-2, 1:-1], 0, (0, 0)),
        (padded[1:-1, 2:], 1, (1, 0)),
        (padded[2:, 1:-1], 2, (1, 1)),
        (padded[1:-1, :-2], 3, (0, 1)),
    )
    owners, directions, starts = [], [], []
    for neighbour, direction, (x, y) in sides:
        rows, columns = np.nonzero((inner != neighbour) & (inner > 0))
        owners.append(inner[rows, columns])
        directions.append(np.full(len(rows), direction))
        starts.append(np.stack([columns + x, rows + y], axis=-1))
    return np.concatenate(owners), np.concatenate(directions), np.concatenate(starts)


def _rings(
    owner: NDArray[np.int64], direction: NDArray[np.int64], start: NDArray[np.int64]
) -> list[tuple[int, Ring]]:
    """Chain edges to closed rings, corners only."""
    following = _following(owner, direction, start).tolist()
    turns = (direction != direction[following]).tolist()
    ends = (start + _STEPS[direction]).astype(np.float64)
    seen = bytearray(len(following))
    rings = []
    for first in range(len(following)):
        if seen[first]:
            continue
        corners, edge = [], first
        while not seen[edge]:
            seen[edge] = 1
            if turns[edge]:
                corners.append(edge)
            edge = following[edge]
        # From its topmost, leftmost corner on: an object has one way to be written.
        ring = ends[corners]
        begin = int(np.lexsort(ring.T)[0])
        rings.append((int(owner[first]), np.roll(ring, -begin, axis=0)))
    return rings


def _following(
    owner: NDArray[np.int64], direction: NDArray[np.int64], start: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each edge the one that goes on where it ends; at a crossing the one that turns right."""
    _, ranks = np.unique(owner, return_inverse=True)
    span = start.max(axis=0) + 1 if len(start) else np.ones(2, np.int64)

    def keys(points: NDArray[np.int64], towards: NDArray[np.int64]) -> NDArray[np.int64]:
        place: NDArray[np.int64] = (ranks * span[1] + points[:, 1]) * span[0] + points[:, 0]
        return place * 4 + towards

    known = keys(start, direction)
    order = np.argsort(known)
    known = known[order]
    ends = start + _STEPS[direction]
    following = np.full(len(owner), -1)
    for turn in (3, 0, 1):  # left, straight on and right: the last that is there is taken
        wanted = keys(ends, (direction + turn) % 4)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        there = known[at] == wanted
        following[there] = order[at[there]]
    return following


def _signed_area(ring: Ring) -> float:
    x, y = ring.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _parts(outlines: list[Ring], holes: list[Ring]) -> tuple[Part, ...]:
    """Give each hole to the outline that it lies in: the smallest one, should several lie in each other."""
    if not holes:
        return tuple((outline,) for outline in outlines)
    by_size = sorted(outlines, key=_signed_area)
    inside: list[list[Ring]] = [[] for _ in by_size]
    for hole in holes:
        # A hole runs the other way round, and the pixel on the right of its first side is the object's.
        first, second = hole[0], hole[1]
        along = np.sign(second - first)
        pixel = first + along / 2 + np.array([-along[1], along[0]]) / 2
        home = next(number for number, outer in enumerate(by_size) if points_in_poly([pixel], outer)[0])
        inside[home].append(hole)
    return tuple((outer, *mine) for outer, mine in zip(by_size, inside, strict=True))
