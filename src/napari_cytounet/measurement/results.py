"""Results of ours, read back: their files say by a tag what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.measure import label as connected_patches

from napari_cytounet.errors import MaskError
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import MaskKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.images.image import Image
    from napari_cytounet.images.truth import MaskReading


def result_kind(image: Image) -> MaskKind | None:
    """Return whether a result of ours holds classes or instances; None for a file of anyone else.

    Raises
    ------
    MaskError
        If it holds probabilities.
    """
    kind = image.tags.get("kind")
    if kind == "probabilities":
        raise MaskError(
            f"{image.path or image.name}: holds probabilities, not labels. Make labels of it with "
            "`cytounet threshold` first."
        )
    return MaskKind(kind) if kind in ("classes", "instances") else None


def label_kind(image: Image, reading: MaskReading) -> MaskKind:
    """Return what a label file holds: by its own tag, else by the reading of the folder."""
    return result_kind(image) or reading.kind


def read_labels(image: Image, index: tuple[int, ...], reading: MaskReading) -> Truth | None:
    """Read one plane of a label file: ours by its tag, that of others by the reading of the folder.

    Returns
    -------
    Truth or None
        Our instances are all of class 1; the objects of our class maps are connected patches of one class.
        None for a plane of others that nobody labelled.
    """
    kind = result_kind(image)
    if kind is None:
        return reading.read(image, index)
    values = image.read(index)[0]
    if kind is MaskKind.INSTANCES:
        return Truth((values > 0).astype(np.int16), values.astype(np.int32))
    classes = values.astype(np.int16)
    return Truth(classes, objects_of(Truth(classes, None)))


def objects_of(labels: Truth) -> NDArray[np.int32]:
    """Return instance labels: where none are told, the connected patches (also by corners) of one class.

    Examples
    --------
    >>> objects_of(Truth(np.array([[1, 1, 2, 0, 2, -1]], np.int16), None))
    array([[1, 1, 2, 0, 3, 0]], dtype=int32)
    """
    if labels.instances is not None:
        return labels.instances
    patches = connected_patches(np.maximum(labels.classes, 0), connectivity=2)
    instances: NDArray[np.int32] = patches.astype(np.int32)
    return instances
