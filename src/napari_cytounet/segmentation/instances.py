"""From a class map to single objects: connected components, and a watershed that splits touching ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.measure import label
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from napari_cytounet.segmentation.cleaning import class_numbers

NECK = 0.8
"""Objects are split where the neck between them is thinner than this share of the thinner one."""


def label_objects(classes: NDArray[Any]) -> NDArray[Any]:
    """Label the objects of a class map.

    Pixels of one class that touch, also at corners, are one object; touching pixels of different classes are
    different objects.

    Parameters
    ----------
    classes
        Class map of any dimension: 0 background, 1 and up the classes.

    Returns
    -------
    NDArray
        Labels in the smallest unsigned dtype that holds their number: 0 background, then 1, 2, ... in a
        plane in the order in which the objects are first met, row by row.

    Examples
    --------
    >>> label_objects(np.array([[1, 0, 1, 2], [0, 1, 0, 2]], np.uint8))
    array([[1, 0, 1, 2],
           [0, 1, 0, 2]], dtype=uint8)
    """
    return smallest_dtype(label(classes, background=0, connectivity=classes.ndim))


def split_touching(classes: NDArray[Any]) -> NDArray[Any]:
    """Label the objects of a class map and split those that are parts joined by a thinner neck.

    The watershed of the distance to the background is seeded with its maxima. A maximum counts if the way
    from it to any higher one leads through a neck thinner than `NECK` times its own width: the h-maxima
    transform (Soille 2003), with the height as a share, so that small and large cells are treated alike.

    Parameters
    ----------
    classes
        Class map of any dimension: 0 background, 1 and up the classes.

    Returns
    -------
    NDArray
        Labels in the smallest unsigned dtype that holds their number: 0 background, then 1, 2, ...
    """
    labels = np.zeros(classes.shape, np.int64)
    count = 0
    for number in class_numbers(classes):
        inside = classes == number
        parts = _split(inside)
        labels[inside] = parts[inside] + count
        count += int(parts.max())
    return smallest_dtype(labels)


def _split(inside: NDArray[np.bool_]) -> NDArray[Any]:
    # A frame of background: objects end at the edge of the image, and everything has an outside.
    inside = np.pad(inside, 1)
    # A little smoothing takes away the maxima that only the pixel grid makes.
    height = np.where(inside, gaussian_filter(distance_transform_edt(inside), sigma=1), 0)
    levelled = reconstruction(NECK * height, height, footprint=np.ones((3,) * height.ndim))
    seeds = label(local_maxima(levelled, connectivity=height.ndim) & inside, connectivity=height.ndim)
    parts: NDArray[Any] = watershed(-height, seeds, mask=inside, connectivity=height.ndim)
    return parts[(slice(1, -1),) * parts.ndim]


def classes_of_objects(instances: NDArray[Any], classes: NDArray[Any]) -> NDArray[Any]:
    """Return the class of each label; index 0, the background, is 0.

    Examples
    --------
    >>> classes_of_objects(np.array([[1, 0, 2]]), np.array([[3, 0, 1]], np.uint8))
    array([0, 3, 1], dtype=uint8)
    """
    of_label = np.zeros(int(instances.max(initial=0)) + 1, classes.dtype)
    of_label[instances] = classes
    of_label[0] = 0
    return of_label


def prevailing_classes(instances: NDArray[Any], classes: NDArray[Any]) -> NDArray[Any]:
    """Return the class that most pixels of each label have; index 0, the background, is 0.

    Examples
    --------
    >>> prevailing_classes(np.array([[1, 1, 1, 2]]), np.array([[3, 1, 3, 1]], np.uint8))
    array([0, 3, 1], dtype=uint8)
    """
    width = int(classes.max(initial=0)) + 1
    votes = np.bincount((instances.astype(np.int64) * width + classes).ravel())
    padded = np.zeros((int(instances.max(initial=0)) + 1) * width, np.int64)
    padded[: len(votes)] = votes
    of_label: NDArray[Any] = padded.reshape(-1, width).argmax(axis=1).astype(classes.dtype)
    of_label[0] = 0
    return of_label


def smallest_dtype(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels in the smallest unsigned dtype that holds them."""
    return labels.astype(np.min_scalar_type(int(labels.max(initial=0))))
