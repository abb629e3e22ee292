"""The class of each object, where a label image tells it: a tag of labels drawn from annotations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_cytounet.images.image import Image

TAG = "object_categories"
UNNAMED = "unnamed"
"""Category of objects without one, where others have some."""


def category_tag(categories: Sequence[str | None]) -> dict[str, str]:
    """Return the tag that tells the categories of labels, counted from 1.

    Examples
    --------
    >>> category_tag(["red", None, "red"])
    {'object_categories': '{"names": ["red", "unnamed"], "numbers": [0, 1, 0]}'}
    """
    named = [category or UNNAMED for category in categories]
    names, numbers = np.unique(named, return_inverse=True)
    return {TAG: json.dumps({"names": names.tolist(), "numbers": numbers.tolist()})}


def object_categories(images: Iterable[Image]) -> tuple[str, ...]:
    """Return the categories of the objects in label images, in alphabetical order; none if they tell none."""
    names = {name for image in images if TAG in image.tags for name in json.loads(image.tags[TAG])["names"]}
    return tuple(sorted(names)) if names != {UNNAMED} else ()


def class_of_labels(image: Image, names: Sequence[str]) -> NDArray[np.int16]:
    """Return the class of each label of an image: its place in `names`, counted from 1; 0 for label 0.

    Parameters
    ----------
    image
        Labels that tell the category of each, or that hold no object.
    names
        All categories that there are.

    Raises
    ------
    ValueError
        If a category is none of the names.
    """
    if TAG not in image.tags:
        return np.zeros(1, np.int16)
    told = json.loads(image.tags[TAG])
    numbers = np.array([names.index(name) + 1 for name in told["names"]], np.int16)
    return np.concatenate([np.zeros(1, np.int16), numbers[told["numbers"]]])
