"""Parts of a layer: all of it, the plane that is shown, or the rows and columns that the camera shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from numpy.typing import ArrayLike, NDArray

from napari_cytounet.errors import ImageError
from napari_cytounet.widgets.layers import full_resolution, layer_axes, placed_like, plane_dimensions
from napari_cytounet.widgets.preferences import PLUGIN

FIRST_PLANE = "first_plane"
"""Key in what a layer of ours says of itself: which plane of the image its first plane is of."""


@dataclass(frozen=True)
class ImagePart:
    """A part of an image.

    Attributes
    ----------
    ranges
        For each of its axes but the channels, in the order T, Z, Y, X: the range that belongs to the part.
        A step above 1 takes every so many-th pixel.
    """

    ranges: Mapping[str, range]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length along each axis."""
        return tuple(map(len, self.ranges.values()))

    @property
    def planes(self) -> list[tuple[int, ...]]:
        """Indices of its planes in the image; `[()]` for a single image."""
        return list(product(*(along for letter, along in self.ranges.items() if letter not in "YX")))

    @property
    def region(self) -> tuple[slice, slice]:
        """Its rows and columns in a plane of the image."""
        rows, columns = self.ranges["Y"], self.ranges["X"]
        return slice(rows.start, rows.stop), slice(columns.start, columns.stop)

    @property
    def first_plane(self) -> dict[str, int]:
        """Place of its first plane in the image, by axis."""
        return {letter: along.start for letter, along in self.ranges.items() if letter not in "YX"}

    def place(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index, within the part, of a plane of the image."""
        return tuple(at - along.start for at, along in zip(index, self.ranges.values(), strict=False))


def first_plane(layer: ImageLayer | LabelsLayer) -> Mapping[str, int]:
    """Return where the first plane of a layer lies in the image that it was made of, as far as it says so.

    Returns
    -------
    Mapping
        From axes to numbers, such as `{"Z": 3}`.
    """
    said = layer.metadata.get(PLUGIN)
    return said.get(FIRST_PLANE, {}) if isinstance(said, Mapping) else {}


def whole_layer(layer: ImageLayer | LabelsLayer) -> ImagePart:
    """Return all planes of a layer, all their rows and columns."""
    lengths = dict(zip(layer_axes(layer), full_resolution(layer).shape, strict=True))
    return ImagePart({letter: range(lengths[letter]) for letter in "TZYX" if letter in lengths})


def shown_plane(viewer: ViewerModel, layer: ImageLayer | LabelsLayer) -> ImagePart:
    """Return the plane of a layer at which the sliders of the viewer stand.

    Raises
    ------
    ImageError
        If they stand beyond the layer.
    """
    ranges = dict(whole_layer(layer).ranges)
    position = dict(zip(layer_axes(layer), _to_data(viewer, layer, viewer.dims.point), strict=False))
    for letter in set(ranges) - {"Y", "X"}:
        at = round(position[letter])
        if at not in ranges[letter]:
            raise ImageError(
                f"The sliders below the image stand outside of the layer {layer.name}. Move them until it "
                "shows."
            )
        ranges[letter] = range(at, at + 1)
    return ImagePart(ranges)


def visible_field(viewer: ViewerModel, layer: ImageLayer) -> ImagePart:
    """Return the rows and columns of the plane shown that lie in view.

    Where the layer is turned, they are those around all that is seen of it.

    Raises
    ------
    ImageError
        If nothing of the layer is in view, or the viewer shows other axes of it than rows and columns.
    """
    letters = layer_axes(layer)[: layer.ndim]
    in_plane = [letters.index("Y"), letters.index("X")]
    first = viewer.dims.ndim - layer.ndim
    if set(viewer.dims.displayed) != {first + dimension for dimension in in_plane}:
        raise ImageError(
            f"The viewer does not show the rows and columns of {layer.name} in 2D. Switch back to 2D and to "
            "the usual order of axes, by the buttons below the layer list."
        )
    corners = np.array([_to_data(viewer, layer, corner) for corner in _corners_in_world(viewer)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    ranges = dict(shown_plane(viewer, layer).ranges)
    for letter, dimension in zip("YX", in_plane, strict=True):
        # A pixel reaches half its length to each side of its index.
        start = max(0, int(np.floor(low[dimension] + 0.5)))
        ranges[letter] = range(start, min(ranges[letter].stop, int(np.floor(high[dimension] + 0.5)) + 1))
        if not ranges[letter]:
            raise ImageError(f"Nothing of the layer {layer.name} is in view. Move it into view first.")
    return ImagePart(ranges)


def placed_at(layer: ImageLayer, part: ImagePart) -> dict[str, Any]:
    """Return the keywords that put a new layer, which holds a part of another, in its place."""
    placed = placed_like(layer)
    letters = layer_axes(layer)[: layer.ndim]
    along = [part.ranges.get(letter, range(1)) for letter in letters]
    # A pixel of a coarser grid lies in the middle of those that it stands for.
    first = [steps.start + (steps.step - 1) / 2 for steps in along]
    moved = np.subtract(layer.data_to_world(first), layer.data_to_world([0] * layer.ndim))
    linear = placed["affine"][:-1, :-1]
    kept = plane_dimensions(layer)
    placed["translate"] = placed["translate"] + np.linalg.solve(linear, moved[kept])
    placed["scale"] = placed["scale"] * np.array([steps.step for steps in along])[kept]
    return placed


def _corners_in_world(viewer: ViewerModel) -> list[NDArray[np.float64]]:
    """Return the points of the viewer's world at the corners of the canvas."""
    centre = np.asarray(viewer.scene.camera.center[-2:])
    half = np.asarray(viewer.canvas.viewbox_size(viewer.layers)) / 2 / viewer.scene.camera.zoom
    corners = []
    for side in product((-1, 1), repeat=2):
        corner = np.array(viewer.dims.point, float)
        corner[list(viewer.dims.displayed)] = centre + side * half
        corners.append(corner)
    return corners


def _to_data(viewer: ViewerModel, layer: ImageLayer | LabelsLayer, world: ArrayLike) -> NDArray[np.float64]:
    """Bring a point of the viewer's world to the pixels of a layer, whose units may differ from its."""
    point = np.array(world, float)
    if viewer.dims.units is not None:
        for dimension in range(-layer.ndim, 0):
            one = 1 * viewer.dims.units[dimension]
            point[dimension] *= one.to(layer.units[dimension]).magnitude
    return np.asarray(layer.world_to_data(point))
