"""Layers that a session leaves to be looked at, until another one is opened."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer

LEFT = "napari-cytounet session was closed"
"""Key in the metadata of such a layer."""


def leave_behind(layer: Layer | None) -> None:
    """Note that the session of a layer was closed."""
    if layer is not None:
        layer.metadata[LEFT] = True


def clear_away(viewer: ViewerModel, *, but: Layer | None) -> None:
    """Remove what closed sessions left, but for one layer: all of it is in their folders."""
    for layer in [layer for layer in viewer.layers if layer.metadata.get(LEFT) and layer != but]:
        viewer.layers.remove(layer)
