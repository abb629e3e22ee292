"""Splitting and merging objects along a line that was drawn over a plane."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.draw import line as straight_line

from napari_cytounet.errors import MaskError
from napari_cytounet.segmentation.object_edits import ALL_NEIGHBOURS, ObjectEdit, box_around, check_label

CRUMB = 4
"""Pieces of fewer pixels, as a trembling line cuts off, are no objects: they become background."""

BRIDGE = 1
"""Pixels on each side of the line that are filled where it joins objects that do not touch."""


def split_along(labels: NDArray[Any], path: ArrayLike, first_free: int) -> ObjectEdit:
    """Split the objects that a line crosses from side to side; the line becomes background.

    Of each object the largest piece keeps the label. An object that the line does not divide stays whole.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    path
        (N, 2) rows and columns of the line's corners, in pixels.
    first_free
        Label of the first new piece; the next ones follow.

    Raises
    ------
    MaskError
        If nothing is divided, or the data type holds no further label.

    Examples
    --------
    >>> edit = split_along(np.ones((3, 7), int), [(-1, 3), (3, 3)], first_free=2)
    >>> edit.labels[0].tolist(), edit.parents
    ([1, 1, 1, 0, 2, 2, 2], {2: 1})
    """
    line = _pixels(path, labels.shape)
    crossed = [label for label in np.unique(labels[line[:, 0], line[:, 1]]).tolist() if label]
    if not crossed:
        raise MaskError("The line crosses no object: draw it right across the one to split.")
    box = box_around(np.isin(labels, crossed))
    edited = labels[box].copy()
    cut = _drawn(line, labels.shape)[box]
    parents: dict[int, int] = {}
    for label in crossed:
        for patch in _patches(edited == label):
            pieces = [piece for piece in _patches(patch & ~cut) if np.count_nonzero(piece) >= CRUMB]
            if len(pieces) < 2:
                continue
            pieces.sort(key=np.count_nonzero, reverse=True)
            edited[patch] = 0
            edited[pieces[0]] = label
            for piece in pieces[1:]:
                new = first_free + len(parents)
                check_label(new, labels.dtype)
                edited[piece] = new
                parents[new] = label
    if not parents:
        raise MaskError(
            f"The line does not divide object {crossed[0]}: begin outside of it, and end outside of it on "
            "the other side."
        )
    return ObjectEdit(box, edited, parents)


def merge_along(labels: NDArray[Any], path: ArrayLike) -> ObjectEdit:
    """Make one object of those that a line touches, which take the label of the first one.

    Where they do not touch each other the line becomes a bridge between them.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    path
        (N, 2) rows and columns of the line's corners, in pixels.

    Raises
    ------
    MaskError
        If the line touches fewer than two objects.

    Examples
    --------
    >>> merge_along(np.array([[1, 1, 2, 0, 3]]), [(0, 1), (0, 2)]).labels.tolist()
    [[1, 1, 1, 0]]
    """
    line = _pixels(path, labels.shape)
    met = labels[line[:, 0], line[:, 1]]
    touched = [label for label in dict.fromkeys(met.tolist()) if label]
    if len(touched) < 2:
        raise MaskError("The line touches fewer than two objects: draw it from one to the other.")
    inside = np.flatnonzero(met)
    between = _drawn(line[inside[0] : inside[-1] + 1], labels.shape)
    box = box_around(np.isin(labels, touched) | between, margin=BRIDGE)
    edited = labels[box].copy()
    edited[np.isin(edited, touched)] = touched[0]
    if len(_patches(edited == touched[0])) > 1:
        bridge = ndimage.binary_dilation(between[box], ALL_NEIGHBOURS, iterations=BRIDGE)
        edited[bridge & (edited == 0)] = touched[0]
    return ObjectEdit(box, edited)


def _pixels(path: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the pixels of a line in order, (N, 2); each shares a side with the next.

    So nothing of an object holds together across it, at corners neither.
    """
    corners = np.round(np.asarray(path, float)).astype(int)
    parts = [corners[:1]]
    for start, end in pairwise(corners):
        parts.append(np.stack(straight_line(*start, *end), axis=1)[1:])
    line = np.concatenate(parts)
    diagonal = np.flatnonzero((np.diff(line, axis=0) != 0).all(axis=1))
    beside = np.stack([line[diagonal, 0], line[diagonal + 1, 1]], axis=1)
    line = np.insert(line, diagonal + 1, beside, axis=0)
    inside = ((line >= 0) & (line < shape)).all(axis=1)
    return line[inside].astype(np.intp)


def _drawn(line: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    drawn = np.zeros(shape, bool)
    drawn[line[:, 0], line[:, 1]] = True
    return drawn


def _patches(inside: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the connected patches of a mask."""
    patches, count = ndimage.label(inside, ALL_NEIGHBOURS)
    return [patches == number for number in range(1, count + 1)]
