"""What layers say of the probabilities that they hold: in their metadata, or in the file they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from napari.layers import Layer

from napari_cytounet.errors import CytounetError
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.preferences import PLUGIN

FILES_OF_OURS = (".tif", ".zarr")
"""Suffixes of the probabilities that `cytounet predict` writes."""

_in_files: WeakKeyDictionary[Layer, Image | None] = WeakKeyDictionary()


@dataclass(frozen=True)
class Probabilities:
    """What is known of the probabilities in a layer.

    Attributes
    ----------
    classes
        Names of the classes.
    thresholds
        The threshold of each class that was best on validation data; empty if it is not known.
    colours
        Of the classes; empty if they have none.
    axes
        Of the layer's data, where it is known.
    """

    classes: tuple[str, ...]
    thresholds: tuple[float, ...]
    colours: tuple[Any, ...] = ()
    axes: str | None = None


def probabilities_in(layer: Layer) -> Probabilities | None:
    """Return what a layer says of the probabilities that it holds, None if it says nothing."""
    said = layer.metadata.get(PLUGIN)
    if isinstance(said, Mapping) and said.get("kind") == "probabilities":
        classes = tuple(map(str, said.get("classes", ())))
        return Probabilities(
            classes,
            tuple(map(float, said.get("thresholds") or ())),
            tuple(said.get("colours") or ()),
            _classes_first(layer.data.shape, len(classes)),
        )
    stored = _image_in_file(layer)
    if stored is None:
        return None
    classes, thresholds = (json.loads(stored.tags.get(name, "[]")) for name in ("classes", "thresholds"))
    return Probabilities(tuple(map(str, classes)), tuple(map(float, thresholds)), axes=stored.axes)


def _classes_first(shape: Sequence[int], count: int) -> str | None:
    """Return the axes of an array of several classes, which come first; None if its shape is another."""
    stack = {3: "", 4: "Z", 5: "TZ"}.get(len(shape))
    return f"C{stack}YX" if stack is not None and count > 1 and shape[0] == count else None


def _image_in_file(layer: Layer) -> Image | None:
    """Return the probabilities of ours that a layer was opened from, if it was."""
    if layer not in _in_files:
        _in_files[layer] = _open_if_ours(layer)
    return _in_files[layer]


def _open_if_ours(layer: Layer) -> Image | None:
    path = Path(layer.source.path) if layer.source.path else None
    if path is None or path.suffix.lower() not in FILES_OF_OURS or not path.exists():
        return None
    from napari_cytounet.images.reading import open_image  # here: widgets open without it

    try:
        stored = open_image(path)
    except CytounetError:
        return None  # napari could read it: so it is an image, but none of ours
    ours = stored.tags.get("kind") == "probabilities"
    return stored if ours and tuple(stored.data.shape) == tuple(layer.data.shape) else None
