"""The classes that our results name by a tag, and truth whose masks hold fewer of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

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
    stored = image.tags.get("classes", "[]")
    try:
        return tuple(str(name) for name in json.loads(stored))
    except (ValueError, TypeError) as error:
        raise MaskError(
            f"{image.path or image.name}: the names of classes that it carries are damaged ({error}). Make "
            "it again with `cytounet predict`."
        ) from error


def read_as_named(reading: MaskReading, names: Sequence[str]) -> MaskReading:
    """Return the reading that numbers classes as the model did, whose masks may have held more of them.

    Parameters
    ----------
    reading
        How the truth is read by what its own masks hold.
    names
        Classes of the predictions, such as `("class 1", "class 2", "class 3")`; empty if they name none.

    Raises
    ------
    MaskError
        If the truth holds a class that the model does not know.

    Examples
    --------
    >>> from napari_cytounet.images.truth import MaskReading
    >>> of_truth = MaskReading(MaskKind.CLASSES, "each value a class", values=(1, 3))
    >>> read_as_named(of_truth, ["class 1", "class 2", "class 3"]).values
    (1, 2, 3)
    """
    # Truth of a single value reads as binary, though it may be one of several classes.
    one_class_of_several = reading.kind is MaskKind.BINARY and len(names) > 1 and not reading.invert
    if not names or not (reading.kind is MaskKind.CLASSES or one_class_of_several):
        return reading
    if len(names) == reading.class_count == 1:
        return reading  # foreground, whatever its value
    values = tuple(value for value in map(_value_of, names) if value is not None)
    if len(values) < len(names) or not reading.values or not set(reading.values) <= set(values):
        held = ", ".join(map(str, reading.values)) or "foreground of any value"
        raise MaskError(
            f"The predictions and the truth hold other classes: the model knows {', '.join(names)}, and the "
            f"masks of the truth hold {held}. Give the truth the values of the masks that the model learnt "
            "from."
        )
    return replace(reading, kind=MaskKind.CLASSES, values=values)


def _value_of(name: str) -> MaskValue | None:
    """Return the mask value or colour that a class is named after, if it is.

    Examples
    --------
    >>> _value_of("class 3"), _value_of("class (255, 0, 0)"), _value_of("foreground")
    (3, (255, 0, 0), None)
    """
    named = re.fullmatch(r"class (\d+|\((\d+), (\d+), (\d+)\))", name)
    if named is None:
        return None
    value, *colour = named.groups()
    if colour[0] is None:
        return int(value)
    red, green, blue = map(int, colour)
    return red, green, blue
