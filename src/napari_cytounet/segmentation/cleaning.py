"""Cleaning a segmentation: holes are filled and small objects removed, each class for itself."""

from __future__ import annotations

from collections.abc import Iterable
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from skimage.measure import label

Box: TypeAlias = tuple[slice, ...] | EllipsisType
"""A part of an array, or all of it."""


def fill_holes(classes: NDArray[Any]) -> NDArray[Any]:
    """Fill the holes of every class with that class, where they are background.

    A hole of a class is what it encloses: it cannot be left by steps along the axes without crossing the
    class, and does not touch the edge of the image. What it holds of other classes (a nucleus inside the
    cytoplasm) stays. Where holes of several classes lie inside each other the smallest one decides.
    Background that only two classes together enclose is a hole of neither.

    Parameters
    ----------
    classes
        Class map of any dimension: 0 background, 1 and up the classes.

    Returns
    -------
    NDArray
        As `classes`.

    Examples
    --------
    >>> fill_holes(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8))[1]
    array([1, 1, 1], dtype=uint8)
    """
    # Holes lie within the box around their class: with labels of many objects that saves nearly everything.
    boxes = enumerate(find_objects(classes), start=1)
    return fill_enclosed(
        classes,
        ((number, box, _hole_sizes(classes[box] != number)) for number, box in boxes if box is not None),
    )


def class_numbers(classes: NDArray[Any]) -> list[int]:
    """Return the classes that occur in a class map, without the background."""
    return [int(number) for number in np.flatnonzero(np.bincount(classes.ravel())) if number]


def fill_enclosed(classes: NDArray[Any], holes: Iterable[tuple[int, Box, NDArray[Any]]]) -> NDArray[Any]:
    """Give every enclosed background pixel the class whose hole around it is smallest.

    Parameters
    ----------
    classes
        Class map.
    holes
        For each class its number, a box that all its holes lie in, and at every pixel of the box the size of
        the hole that the pixel lies in (infinite where it is in none).
    """
    background = classes == 0
    filled = classes.copy()
    smallest = np.full(classes.shape, np.inf)
    for number, box, sizes in holes:
        inside = background[box] & (sizes < smallest[box])
        np.copyto(filled[box], number, where=inside, casting="unsafe")
        np.copyto(smallest[box], sizes, where=inside)
    return filled


def _hole_sizes(outside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return at every pixel the size of the enclosed component of `outside` that it is in, else infinity."""
    components = label(outside, connectivity=1)
    sizes = np.bincount(components.ravel()).astype(np.float64)
    sizes[0] = np.inf
    for axis in range(components.ndim):
        sizes[np.take(components, (0, -1), axis=axis)] = np.inf
    at_pixels: NDArray[np.float64] = sizes[components]
    return at_pixels


def large_enough(sizes: NDArray[Any], min_size: int) -> NDArray[np.intp]:
    """Return the new number of every object when small ones are removed and the others numbered anew.

    Parameters
    ----------
    sizes
        Pixels of each label; that of label 0, the background, is not looked at.
    min_size
        Objects of fewer pixels than this are removed.

    Returns
    -------
    NDArray
        New label of each old one, 0 for those removed: index it with the labels.

    Examples
    --------
    >>> large_enough(np.array([90, 5, 2, 7]), 3)
    array([0, 1, 0, 2])
    """
    kept = sizes >= max(min_size, 1)
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0)
