"""Layers of ours that are no labels to train or measure with: previews, and strokes of a correction."""

from __future__ import annotations

import weakref
from typing import Literal

from napari.layers import Layer

MADE_BY_US = "napari-cytounet preview"
"""Key in the metadata of a layer: whose preview it is, and itself, so that a copy is the user's own."""

Maker = Literal["training", "threshold", "correction"]


def mark_preview(layer: Layer, by: Maker) -> None:
    """Note that a layer is a preview."""
    layer.metadata[MADE_BY_US] = by, weakref.ref(_unwrapped(layer))


def is_preview(layer: Layer, by: Maker | None = None) -> bool:
    """Return whether a layer is a preview; of one widget, if that is named."""
    if MADE_BY_US not in layer.metadata:
        return False
    maker, made = layer.metadata[MADE_BY_US]
    return made() is _unwrapped(layer) and by in (None, maker)


def _unwrapped(layer: Layer) -> Layer:
    """Return the layer behind a proxy, which napari may hand to plugins."""
    unwrapped: Layer = getattr(layer, "__wrapped__", layer)
    return unwrapped
