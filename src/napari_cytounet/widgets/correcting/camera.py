"""Moving the camera to a place, and back to where it was."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.correcting.view_memory import ViewMemory
from napari_cytounet.widgets.places import show_place

FILLED = 0.95
"""Share of the canvas that a place fills."""


def fit(viewer: ViewerModel, strokes: Labels, planes: PaintedPlanes, plane: PlaneKey, box: Box) -> None:
    """Show a box of a plane, as large as the canvas allows."""
    row, column = box.centre
    show_place(viewer, strokes, planes.place(plane, row - 0.5, column - 0.5), centre=True)
    first = np.asarray(strokes.data_to_world(planes.place(plane, box.top, box.left)))
    last = np.asarray(strokes.data_to_world(planes.place(plane, box.bottom, box.right)))
    extent = np.abs(last - first)[-2:]
    canvas = np.asarray(viewer.canvas.viewbox_size(viewer.layers), float)
    if (extent > 0).all() and (canvas > 0).all():
        viewer.scene.camera.zoom = float(FILLED * (canvas / extent).min())


def remember(viewer: ViewerModel, memory: ViewMemory, image: int) -> ViewMemory:
    """Return what is remembered, with where the camera is now."""
    camera = viewer.scene.camera
    return memory.model_copy(
        update={
            "image": image,
            "center": tuple(float(at) for at in camera.center),
            "zoom": float(camera.zoom),
            "point": tuple(float(at) for at in viewer.dims.point),
        }
    )


def look_back(viewer: ViewerModel, memory: ViewMemory) -> None:
    """Bring the camera back to where it was; leave it where nothing is remembered."""
    if memory.center is None or memory.zoom is None:
        return
    if len(memory.point) == viewer.dims.ndim:
        viewer.dims.set_point(range(viewer.dims.ndim), memory.point)
    viewer.scene.camera.center = memory.center
    viewer.scene.camera.zoom = memory.zoom
