"""Showing a place of a layer in the viewer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer


def show_place(viewer: ViewerModel, layer: Layer, pixel: Sequence[float], *, centre: bool) -> None:
    """Show the plane that a place of a layer lies in.

    Parameters
    ----------
    viewer, layer
        Where, and of what.
    pixel
        The place in pixels, one number a dimension of the layer.
    centre
        Move the camera there too.
    """
    world = np.asarray(layer.data_to_world(pixel), float)
    if viewer.dims.units is not None:  # they may differ from those of the layer
        shown = viewer.dims.units[-layer.ndim :]
        world *= [(1 * own).to(other).magnitude for own, other in zip(layer.units, shown, strict=True)]
    first = viewer.dims.ndim - layer.ndim
    place = dict(enumerate(world.tolist(), start=first))
    sliders = [dimension for dimension in viewer.dims.not_displayed if dimension in place]
    if sliders:
        viewer.dims.set_point(sliders, [place[dimension] for dimension in sliders])
    if centre and place.keys() >= set(viewer.dims.displayed):
        viewer.scene.camera.center = tuple(place[dimension] for dimension in viewer.dims.displayed)
