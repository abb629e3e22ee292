"""An image of a session as a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer

from napari_cytounet.images.image import Image
from napari_cytounet.widgets.layers import free_name

IN_MEMORY = 500_000_000
"""Bytes of an image up to which it is read whole; a larger one is read where it is looked at."""

CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Display:
    """What a layer needs to show an image of the session.

    Attributes
    ----------
    number
        Place of the image in the session.
    data, options
        For the layer.
    """

    number: int
    data: Any
    options: dict[str, Any]


def display_of(number: int, image: Image) -> Display:
    """Read an image for a layer, or prepare reading it lazily.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    rgb = image.axes.endswith("C") and image.channels in (3, 4) and image.dtype == np.uint8
    dimensions = image.axes[:-1] if rgb else image.axes
    options: dict[str, Any] = {
        "name": image.name,
        "rgb": rgb,
        "axis_labels": tuple(dimensions.lower()),
    }
    if image.pixel_size is not None:
        sizes = {"Y": image.pixel_size.y, "X": image.pixel_size.x, "Z": image.pixel_size.z}
        known = [sizes.get(letter) for letter in dimensions]
        options["scale"] = [size or 1.0 for size in known]
        options["units"] = ["pixel" if size is None else "micrometer" for size in known]
    return Display(number, _data(image), options)


def show_image(viewer: ViewerModel, display: Display) -> ImageLayer:
    """Add a layer for an image, at the bottom."""
    options = display.options | {"name": free_name(viewer, display.options["name"])}
    layer: ImageLayer = viewer.add_image(display.data, **options)
    viewer.layers.move(viewer.layers.index(layer), 0)
    return layer


def _data(image: Image) -> Any:
    size = int(np.prod(image.data.shape, dtype=np.int64)) * image.dtype.itemsize
    if size <= IN_MEMORY:
        return np.asarray(image.data[...])
    import dask.array as da  # here: it takes a while, and few images are so large

    chunks = [CHUNK if letter in "YX" else 1 for letter in image.axes]
    if image.axes.endswith("C"):
        chunks[-1] = image.channels
    return da.from_array(image.data, chunks=chunks, meta=np.empty((0,) * len(chunks), image.dtype))
