"""The class of each object: from the class map that lies beside our instance labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import MaskError
from napari_cytounet.images.reading import open_image
from napari_cytounet.measurement.class_names import class_names
from napari_cytounet.measurement.results import result_kind
from napari_cytounet.settings import MaskKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_cytounet.images.image import Image


def several_class_names(labels: Image) -> tuple[str, ...]:
    """Return the names of class 1, 2, … that a result of ours carries, if there is more than one."""
    names = class_names(labels)
    return names if len(names) > 1 else ()


def open_class_map(labels: Image) -> Image | None:
    """Open the class map that belongs to our instance labels: `classes/STEM` beside `instances/STEM`.

    Returns
    -------
    Image or None
        None where the labels are no instances of several classes, or no class map of ours is there.

    Raises
    ------
    MaskError
        If it differs in size or model from the labels.
    """
    if labels.path is None or labels.path.absolute().parent.name != "instances":
        return None
    path = labels.path.absolute().parents[1] / "classes" / labels.path.name
    several_classes = result_kind(labels) is MaskKind.INSTANCES and several_class_names(labels)
    if not several_classes or not path.exists():
        return None
    class_map = open_image(path)
    if result_kind(class_map) is not MaskKind.CLASSES:
        return None
    if _belonging(class_map) != _belonging(labels):
        raise _not_belonging(class_map, labels.path)
    return class_map


def classes_from_map(
    instances: NDArray[np.int32], class_map: Image, index: tuple[int, ...]
) -> dict[int, int]:
    """Return the class of each label of a plane by the class map of the same image.

    Raises
    ------
    MaskError
        If there is an object where the class map holds none.
    """
    classes = classes_of_objects(instances, class_map.read(index)[0])
    known = range(1, len(class_names(class_map)) + 1)
    if any(label > 0 and number not in known for label, number in classes.items()):
        raise _not_belonging(class_map, "the folder instances beside it")
    return classes


def _not_belonging(class_map: Image, labels: object) -> MaskError:
    return MaskError(
        f"{class_map.path}: does not tell the classes of the objects in {labels}, since it was made of "
        "another image, by another model or with other thresholds. Predict both again, or move it away."
    )


def _belonging(result: Image) -> tuple[object, ...]:
    """Return what the results of one image have in common."""
    tags = (result.tags.get(name) for name in ("model", "classes", "segmentation"))
    return result.planes, result.height, result.width, *tags


def classes_of_objects(instances: NDArray[np.int32], classes: NDArray[np.integer]) -> dict[int, int]:
    """Return the class of each label: that of its first pixel, since an object has one class only.

    Examples
    --------
    >>> classes_of_objects(np.array([[4, 4, 0, 7]]), np.array([[2, 2, 0, 1]]))
    {0: 0, 4: 2, 7: 1}
    """
    numbers, first = np.unique(instances, return_index=True)
    return dict(zip(numbers.tolist(), classes.flat[first].tolist(), strict=True))
