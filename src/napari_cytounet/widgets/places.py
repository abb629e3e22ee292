"""Showing a place of a layer in the viewer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_cytounet.widgets.layers import layer_axes

BOX_ON_SCREEN = 200
"""Pixels of the screen that the longer side of a box takes when it is shown."""


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


def show_box(
    viewer: ViewerModel,
    layer: ImageLayer | Labels,
    plane: Sequence[int],
    box: tuple[int, int, int, int] | None = None,
) -> None:
    """Move the camera to a box of a plane, or to the middle of the plane if none is given.

    Parameters
    ----------
    viewer, layer
        Where, and of what.
    plane
        Index of the plane among those of the layer.
    box
        Top, left, bottom, right in pixels of the layer; the last row and column do not belong to it. It is
        shown large.
    """
    letters = layer_axes(layer)[: layer.ndim]
    height, width = (layer.extent.data[1][letters.index(letter)] + 1 for letter in "YX")
    top, left, bottom, right = box or (0, 0, round(height), round(width))
    planes = iter(plane)
    place = {"Y": (top + bottom - 1) / 2, "X": (left + right - 1) / 2, "C": 0}
    pixel = [place[letter] if letter in place else next(planes, 0) for letter in letters]
    show_place(viewer, layer, pixel, centre=True)
    if box is not None:
        longer = max(bottom - top, right - left) * float(layer.scale[-1])
        viewer.scene.camera.zoom = BOX_ON_SCREEN / max(longer, 1e-6)
