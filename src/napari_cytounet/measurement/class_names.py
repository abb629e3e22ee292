"""The classes that our results name by a tag, and truth whose masks hold fewer of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_cytounet.errors import MaskError
from napari_cytounet.settings import MaskKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_cytounet.images.image import Image
    from napari_cytounet.images.mask_values import MaskValue
    from napari_cytounet.images.truth import MaskReading


def class_names(image: Image) -> tuple[str, ...]:
    """Return the names of class 1, 2, … that a result of ours carries; none for the files of others.

    Raises
    ------
    MaskError
        If the tag is damaged.
    """
    return tuple(str(name) for name in _listed(image, "classes", "names"))


def class_values(image: Image) -> tuple[MaskValue, ...]:
    """Return the values that these classes had in the masks that the model learnt from.

    None where any value was foreground, and for the files of others.

    Raises
    ------
    MaskError
        If the tag is damaged.
    """
    values = _listed(image, "mask_values", "values")
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def read_as_learnt(reading: MaskReading, names: Sequence[str], values: tuple[MaskValue, ...]) -> MaskReading:
    """Return the reading that numbers classes as the model did, whose masks may have held more of them.

    Parameters
    ----------
    reading
        How the truth is read by what its own masks hold.
    names, values
        Classes of the predictions; empty if they say nothing of them.

    Raises
    ------
    MaskError
        If the truth holds a class that the model does not know.

    Examples
    --------
    >>> from napari_cytounet.images.truth import MaskReading
    >>> of_truth = MaskReading(MaskKind.CLASSES, "each value a class", values=(1, 3))
    >>> read_as_learnt(of_truth, ["red", "white", "dead"], (1, 2, 3)).values
    (1, 2, 3)
    """
    if reading.class_names and len(names) > 1:
        if not set(reading.class_names) <= set(names):
            raise MaskError(
                f"The predictions and the truth hold other classes: the model knows {', '.join(names)}, and "
                f"the objects of the truth are {', '.join(reading.class_names)}. Give both the same names."
            )
        return replace(reading, class_names=tuple(names))
    # Truth of a single value reads as binary, though it may be one of several classes.
    one_class_of_several = reading.kind is MaskKind.BINARY and len(names) > 1 and not reading.invert
    if not names or not (reading.kind is MaskKind.CLASSES or one_class_of_several):
        return reading
    if len(names) == reading.class_count == 1:
        return reading  # foreground, whatever its value
    if not reading.values or not set(reading.values) <= set(values):
        known = ", ".join(names) + (f" (the values {', '.join(map(str, values))})" if values else "")
        held = ", ".join(map(str, reading.values)) or "foreground of any value"
        raise MaskError(
            f"The predictions and the truth hold other classes: the model knows {known}, and the masks of "
            f"the truth hold {held}. Give the truth the values of the masks that the model learnt from."
        )
    return replace(reading, kind=MaskKind.CLASSES, values=values)


def _listed(image: Image, tag: str, what: str) -> list[Any]:
    try:
        listed = json.loads(image.tags.get(tag, "[]"))
        if isinstance(listed, list):
            return listed
        error = "no list"
    except ValueError as damage:
        error = str(damage)
    raise MaskError(
        f"{image.path or image.name}: the {what} of classes that it carries are damaged ({error}). Make it "
        "again with `cytounet predict`."
    )
