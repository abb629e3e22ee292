"""Between napari's layers and the engine's images: axes, pixel size, and where a result belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.layers import Layer

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.images.lazy import LazyArray
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.widgets.preferences import PLUGIN
from napari_cytounet.widgets.probabilities import probabilities_in

PLANE_AXES = ("", "Z", "TZ")
"""What the leading dimensions of a layer are taken for where it does not name its axes."""


def image_of_layer(layer: ImageLayer | LabelsLayer) -> Image:
    """Return what a layer shows as an image that the engine reads; lazy data stays lazy.

    Of a multiscale layer the full resolution is taken. Axes that the layer names t, z, c, y, x are taken at
    their word; otherwise the last two are Y and X, and those before them planes.

    Raises
    ------
    ImageError
        If the layer has more dimensions than we can make sense of.
    """
    return image_opener(layer)()


def image_opener(layer: ImageLayer | LabelsLayer) -> Callable[[], Image]:
    """Return a function that makes the image of a layer as it is now: see `image_of_layer`.

    It is for a thread of its own, since RGB is read to the end to see whether it is grey.
    """
    return partial(
        Image.from_array,
        full_resolution(layer),
        layer_axes(layer),
        name=layer.name,
        pixel_size=pixel_size_of_layer(layer),
    )


def said_kind(layer: Layer) -> str:
    """Return what a layer of ours says that it holds, such as "classes" or "instances"; else nothing."""
    said = layer.metadata.get(PLUGIN)
    return str(said.get("kind", "")) if isinstance(said, Mapping) else ""


def full_resolution(layer: ImageLayer | LabelsLayer) -> LazyArray:
    """Return the data of a layer, of a multiscale layer that of the finest level."""
    data: LazyArray = layer.data[0] if layer.multiscale else layer.data
    return data


def layer_axes(layer: ImageLayer | LabelsLayer) -> str:
    """Return one letter out of T, Z, C, Y, X for each dimension of a layer's data."""
    named = "".join(label.upper() for label in layer.axis_labels)
    distinct = len(named) == layer.ndim == len(set(named))
    known = distinct and {"Y", "X"} <= set(named) <= set("TZCYX")
    ours = None if known else probabilities_in(layer)
    if known:
        spatial = named
    elif ours is not None and ours.axes is not None:
        spatial = ours.axes
    elif 2 <= layer.ndim <= 4:
        spatial = f"{PLANE_AXES[layer.ndim - 2]}YX"
    else:
        raise ImageError(
            f"The layer {layer.name} has {layer.ndim} dimensions. Name its axes t, z, c, y, x, or split it."
        )
    return f"{spatial}C" if getattr(layer, "rgb", False) else spatial


def pixel_size_of_layer(layer: Layer) -> PixelSize | None:
    """Return the pixel size in micrometres, None where the layer's units are not lengths."""
    sizes = [_micrometres(unit, scale) for unit, scale in zip(layer.units, layer.scale, strict=True)]
    y, x = sizes[-2:]
    if y is None or x is None:
        return None
    return PixelSize(y=y, x=x, z=sizes[-3] if len(sizes) > 2 else None)


def _micrometres(unit: Any, scale: float) -> float | None:
    if not unit.is_compatible_with("micrometer"):
        return None
    return float((1 * unit).to("micrometer").magnitude) * abs(float(scale))


def plane_dimensions(layer: ImageLayer | LabelsLayer) -> list[int]:
    """Return the dimensions of a layer that a result over its planes has too: all but the channels."""
    return [i for i, letter in enumerate(layer_axes(layer)[: layer.ndim]) if letter != "C"]


def placed_like(
    layer: ImageLayer | LabelsLayer, *, dimensions: Sequence[int] | None = None
) -> dict[str, Any]:
    """Return the keywords that put a new layer where another one is.

    Parameters
    ----------
    layer
        The other one.
    dimensions
        Those of its dimensions that the new layer has; `plane_dimensions` if not given.

    Returns
    -------
    dict
        scale, translate, rotate, shear, affine, units and axis_labels.
    """
    kept = list(plane_dimensions(layer) if dimensions is None else dimensions)
    placed: dict[str, Any] = {
        "scale": np.asarray(layer.scale)[kept],
        "translate": np.asarray(layer.translate)[kept],
        "units": [layer.units[i] for i in kept],
        "axis_labels": [layer.axis_labels[i] for i in kept],
    }
    if len(kept) == layer.ndim:
        return placed | {
            "rotate": np.asarray(layer.rotate),
            "shear": np.asarray(layer.shear),
            "affine": np.asarray(layer.affine.affine_matrix),
        }
    # A rotation or shear between kept and dropped dimensions has no meaning for what is kept.
    matrix = np.asarray(layer.affine.affine_matrix)
    rows = [*kept, layer.ndim]
    return placed | {
        "rotate": np.asarray(layer.rotate)[np.ix_(kept, kept)],
        "affine": matrix[np.ix_(rows, rows)],
    }


def free_name(viewer: ViewerModel, wanted: str) -> str:
    """Return a name that no layer has: nothing of the user's is replaced by a result of the same name.

    Examples
    --------
    >>> viewer = ViewerModel()
    >>> _ = viewer.add_labels(np.zeros((4, 4), int), name="cells")
    >>> free_name(viewer, "cells"), free_name(viewer, "nuclei")
    ('cells [1]', 'nuclei')
    """
    taken = {layer.name for layer in viewer.layers}
    names = (wanted if number == 0 else f"{wanted} [{number}]" for number in range(len(taken) + 1))
    return next(name for name in names if name not in taken)
