"""Corrections of the objects of a plane: holes, rough outlines, objects that should not be there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import clear_border

from napari_cytounet.errors import MaskError
from napari_cytounet.segmentation.instances import label_objects

ALL_NEIGHBOURS = np.ones((3, 3), bool)

ROUGHNESS = 0.05
"""What is smaller than about this share of an object's diameter is smoothed away."""


@dataclass(frozen=True, eq=False)
class ObjectEdit:
    """What a correction makes of a box of a plane; the rest of it stays.

    Attributes
    ----------
    box
        Rows and columns.
    labels
        Labels in the box from now on.
    parents
        For each label that is new: the label of the object that it was a part of.
    """

    box: tuple[slice, slice]
    labels: NDArray[Any]
    parents: dict[int, int] = field(default_factory=dict)


def box_around(inside: NDArray[np.bool_], margin: int = 0) -> tuple[slice, slice]:
    """Return the rows and columns around all that is true in a plane, and some more where there are some.

    Examples
    --------
    >>> box_around(np.eye(5, dtype=bool)[1:4], margin=1)
    (slice(0, 3, None), slice(0, 5, None))
    """
    if not inside.any():
        return slice(0, 0), slice(0, 0)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    tight = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return _grown(tight, inside.shape, margin)


def fill_object_holes(labels: NDArray[Any], chosen: Iterable[int]) -> ObjectEdit:
    """Fill the holes inside objects, where they are background.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    chosen
        Labels of the objects.

    Examples
    --------
    >>> ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> fill_object_holes(ring, [1]).labels[1].tolist()
    [1, 1, 1]
    """
    edited = labels.copy()
    for label, box in _boxes(labels, chosen):
        holes = ndimage.binary_fill_holes(labels[box] == label) & (edited[box] == 0)
        edited[box][holes] = label
    return ObjectEdit(_everything(labels), edited)


def smooth_objects(labels: NDArray[Any], chosen: Iterable[int]) -> ObjectEdit:
    """Smooth the outlines of objects: bumps and notches much smaller than an object go.

    The mask of each is blurred by a Gaussian whose width follows the object's size, and cut at one half. No
    pixel is taken from another object, and none vanishes.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    chosen
        Labels of the objects.
    """
    edited = labels.copy()
    for label, tight in _boxes(labels, chosen):
        diameter = np.sqrt(4 / np.pi * np.count_nonzero(labels[tight] == label))
        sigma = max(1.0, ROUGHNESS * diameter)
        box = _grown(tight, labels.shape, margin=int(np.ceil(3 * sigma)))
        before = edited[box] == label
        after = (ndimage.gaussian_filter(before.astype(np.float32), sigma) > 0.5) & (
            before | (edited[box] == 0)
        )
        if after.any():
            edited[box][before & ~after] = 0
            edited[box][after] = label
    return ObjectEdit(_everything(labels), edited)


def delete_objects(labels: NDArray[Any], chosen: Iterable[int]) -> ObjectEdit:
    """Make background of objects.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    chosen
        Labels of the objects.
    """
    wrong = np.isin(labels, list(chosen))
    box = box_around(wrong)
    return ObjectEdit(box, np.where(wrong[box], labels.dtype.type(0), labels[box]))


def delete_at_border(labels: NDArray[Any]) -> ObjectEdit:
    """Make background of the objects that touch the border of the plane, and are cut off there.

    Examples
    --------
    >>> delete_at_border(np.array([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]])).labels.tolist()
    [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]
    """
    return ObjectEdit(_everything(labels), clear_border(labels))


def keep_between(labels: NDArray[Any], smallest: int, largest: int | None) -> ObjectEdit:
    """Make background of the objects whose area is not between two.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    smallest, largest
        Areas in pixels that are still kept; None for no upper bound.

    Examples
    --------
    >>> keep_between(np.array([[1, 0, 2, 2, 0, 3, 3, 3]]), 2, 2).labels.tolist()
    [[0, 0, 2, 2, 0, 0, 0, 0]]
    """
    found, which, areas = np.unique(labels, return_inverse=True, return_counts=True)
    kept = (areas >= smallest) & (areas <= (labels.size if largest is None else largest))
    return ObjectEdit(_everything(labels), np.where(kept, found, 0)[which].reshape(labels.shape))


def number_anew(labels: NDArray[Any], first: int = 1) -> ObjectEdit:
    """Give every connected patch of a label a number of its own, without gaps.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    first
        The first number.

    Raises
    ------
    MaskError
        If the data type does not hold so many.

    Examples
    --------
    >>> edit = number_anew(np.array([[7, 0, 7, 9]]))
    >>> edit.labels.tolist(), edit.parents
    ([[1, 0, 2, 3]], {1: 7, 2: 7, 3: 9})
    """
    edited = label_objects(labels).astype(np.int64)
    edited[edited > 0] += first - 1
    numbers, places = np.unique(edited, return_index=True)
    check_label(int(numbers[-1]), labels.dtype)
    former = labels.ravel()[places].tolist()
    parents = {new: old for new, old in zip(numbers.tolist(), former, strict=True) if new}
    return ObjectEdit(_everything(labels), edited.astype(labels.dtype), parents)


def number_object(labels: NDArray[Any], chosen: int, number: int) -> ObjectEdit:
    """Give an object another number.

    Parameters
    ----------
    labels
        (Y, X) labels, 0 background.
    chosen
        The object.
    number
        Its number from now on, which no object of the plane has.

    Raises
    ------
    MaskError
        If there is no such object, the number is taken or 0, or the data type does not hold it.

    Examples
    --------
    >>> number_object(np.array([[1, 0, 2, 2]]), 2, 7).labels.tolist()
    [[7, 7]]
    """
    inside = labels == chosen
    if not chosen or not inside.any():
        raise MaskError(f"There is no object {chosen} in this plane. Choose one with the picker (L).")
    if number < 1:
        raise MaskError("The number of an object is at least 1: 0 is background.")
    if number != chosen and (labels == number).any():
        raise MaskError(
            f"There is an object {number} in this plane already. Choose another number; to make one of both, "
            "merge them along a line."
        )
    check_label(number, labels.dtype)
    box = box_around(inside)
    renumbered = np.where(inside[box], labels.dtype.type(number), labels[box])
    return ObjectEdit(box, renumbered, {number: chosen})


def check_label(label: int, dtype: np.dtype[Any]) -> None:
    """Raise a MaskError if a data type does not hold a label."""
    if label > np.iinfo(dtype).max:
        raise MaskError(
            f"There is no label left: {dtype} ends at {np.iinfo(dtype).max}. Convert the layer to a larger "
            "data type by a right-click on it in the list of layers."
        )


def _boxes(labels: NDArray[Any], chosen: Iterable[int]) -> Iterable[tuple[int, tuple[slice, slice]]]:
    """Give the objects that are there, each with the box around it."""
    numbers, which = np.unique(labels, return_inverse=True)
    boxes = ndimage.find_objects(which.reshape(labels.shape) + 1)
    wanted = set(chosen) - {0}
    for number, box in zip(numbers.tolist(), boxes, strict=True):
        if number in wanted and box is not None:
            yield number, box


def _grown(box: tuple[slice, slice], shape: tuple[int, ...], margin: int) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, along.start - margin), min(length, along.stop + margin))
        for along, length in zip(box, shape, strict=True)
    )
    return rows, columns


def _everything(labels: NDArray[Any]) -> tuple[slice, slice]:
    height, width = labels.shape
    return slice(0, height), slice(0, width)
