"""What the threshold widget says."""

from __future__ import annotations

from collections.abc import Iterable

from napari.layers import Layer

UNDO = (
    "A new labels layer can be deleted. Labels that are made again, into the same layer, are one step: "
    "Ctrl-Z on that layer brings the former labels back. The image is never changed."
)


def no_image(layers: Iterable[Layer]) -> str:
    """Say that there is no image among these layers, and what is there instead.

    Examples
    --------
    >>> no_image([])
    'There is no image. Open one, or drop a file on the window.'
    """
    others = [f"{layer.name} holds {type(layer).__name__.lower()}" for layer in layers]
    there = f" ({'; '.join(others)})" if others else ""
    return f"There is no image{there}. Open one, or drop a file on the window."


def counted(count: int | None, *, whole: bool) -> str:
    """Say how many objects there are in the plane, or in the part of it that is previewed.

    Examples
    --------
    >>> counted(1, whole=True), counted(12, whole=False), counted(0, whole=True)
    ('1 object', '12 objects in the preview', 'No object. Move the threshold.')
    """
    if count is None:
        return "Zoom in to have the objects counted and cleaned."
    if count == 0:
        return "No object. Move the threshold." if whole else "No object in the preview. Move the threshold."
    return f"{_objects(count)}{'' if whole else ' in the preview'}"


def not_found(method: str) -> str:
    """Say that a method found no threshold."""
    return f"The method {method} finds no contrast here: move the threshold by hand."


def made(count: int, name: str, *, replaced: bool, too_large: bool = False) -> str:
    """Say what became of the image.

    Examples
    --------
    >>> made(3, "cells: labels", replaced=False)
    '3 objects, in the new layer cells: labels.'
    """
    if replaced:
        return f"{_objects(count)}, in {name}. Ctrl-Z there brings the former labels back."
    why = " It is a new one, since so large a change could not be undone." if too_large else ""
    return f"{_objects(count)}, in the new layer {name}.{why}"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"
