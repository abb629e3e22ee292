"""The layer that strokes are painted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import BACKGROUND, FIRST_CLASS, Box
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import ImageError
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.layers import (
    free_name,
    full_resolution,
    layer_axes,
    placed_like,
    plane_dimensions,
)
from napari_cytounet.widgets.previews import mark_preview

BACKGROUND_COLOUR = "#a569ff"
"""Unlike all colours of classes, and seen on dark and on bright images."""

OPACITY = 0.8
BRUSH = 9

LARGEST_STEP = 1_000_000
"""Pixels of the box of a stroke up to which it can be undone after the session was opened."""


def add_strokes_layer(
    viewer: ViewerModel,
    image: ImageLayer,
    planes: PaintedPlanes,
    ledger: Ledger,
    classes: Sequence[tuple[str, str]],
) -> Labels:
    """Add a layer with what is painted on an image; the latest strokes can be undone.

    Parameters
    ----------
    viewer, image
        Where, and on what.
    planes
        Which planes of the session it holds.
    ledger
        What is painted.
    classes
        Name and colour of each class.

    Raises
    ------
    ImageError
        If there is no memory for a layer of the image's size.
    """
    dimensions = plane_dimensions(image)
    shape = [full_resolution(image).shape[dimension] for dimension in dimensions]
    data = painted(planes, ledger, shape, image.name)
    steps = _rewound(data, planes, ledger)
    names = ["background", *(name for name, _ in classes)]
    layer = viewer.add_labels(
        data,
        name=free_name(viewer, f"strokes on {image.name}"),
        opacity=OPACITY,
        colormap=strokes_colormap([colour for _, colour in classes]),
        features={"index": np.arange(BACKGROUND, BACKGROUND + len(names)), "paints": names},
        **placed_like(image),
    )
    mark_preview(layer, "correction")
    _replay(layer, steps)
    layer.brush_size = BRUSH
    layer.selected_label = FIRST_CLASS
    layer.mode = "paint"
    return layer


def refill(layer: Labels, image: ImageLayer, planes: PaintedPlanes, ledger: Ledger) -> None:
    """Show in a strokes layer what is painted on another image, or again on the same.

    Raises
    ------
    ImageError
        If there is no memory for a layer of the image's size.
    """
    shape = [full_resolution(image).shape[dimension] for dimension in plane_dimensions(image)]
    data = painted(planes, ledger, shape, image.name)
    steps = _rewound(data, planes, ledger)
    layer.data = data
    for name, value in placed_like(image).items():
        setattr(layer, name, value)
    if not layer.name.startswith(f"strokes on {image.name}"):
        layer.name = f"strokes on {image.name}"
    mode = layer.mode
    layer.editable = False
    layer.editable = True  # napari forgets the steps of the former data only so
    layer.mode = mode
    _replay(layer, steps)


def letters_of(image: ImageLayer) -> str:
    """Return the axes of the strokes layer of an image: its own without the channels."""
    return "".join(layer_axes(image)[dimension] for dimension in plane_dimensions(image))


def strokes_colormap(colours: Sequence[str]) -> DirectLabelColormap:
    """Return the colours of annotation values: unknown is transparent."""
    shown: dict[int | None, Any] = {None: "transparent", 0: "transparent", BACKGROUND: BACKGROUND_COLOUR}
    return DirectLabelColormap(color_dict=shown | dict(enumerate(colours, start=FIRST_CLASS)))


def painted(planes: PaintedPlanes, ledger: Ledger, shape: Sequence[int], name: str) -> NDArray[np.uint8]:
    """Return what is painted as data of a strokes layer."""
    try:
        # The operating system gives memory only for what is written to.
        data = np.zeros(shape, np.uint8)
    except MemoryError as error:
        raise ImageError(
            f"There is no memory for strokes on all of {name} ({np.prod(shape) / 1e9:.3g} GB). Close other "
            "layers, or correct fewer planes."
        ) from error
    for key in ledger.supervision.planes():
        if key.image != planes.image:
            continue
        plane = planes.plane(data, key)
        for chunk in ledger.supervision.chunks(key):
            box = Box(chunk.top, chunk.left, *map(min, (chunk.bottom, chunk.right), plane.shape))
            plane[box.slices] = ledger.supervision.layer_values(key, Layer.STROKES, box)
    return data


def _rewound(data: NDArray[np.uint8], planes: PaintedPlanes, ledger: Ledger) -> list[Any]:
    """Undo the latest strokes in the data, and return for each what it changes there: indices and values."""
    steps = []
    for step in reversed(ledger.latest_steps(planes.image)):
        if step.before.size > LARGEST_STEP:
            break
        entry = step.entry
        rows, columns = np.nonzero(step.before != entry.values)
        planes.plane(data, entry.plane)[entry.box.slices] = step.before
        places = planes.place(entry.plane, 0, 0)
        along = {"Y": rows + entry.box.top, "X": columns + entry.box.left}
        indices = tuple(
            along.get(letter, np.full(len(rows), int(at)))
            for letter, at in zip(planes.letters, places, strict=True)
        )
        steps.append((indices, entry.values[rows, columns]))
    return steps[::-1]


def _replay(layer: Labels, steps: list[Any]) -> None:
    for indices, values in steps:
        with layer.block_history():
            layer.data_setitem(indices, values, refresh=False)
    layer.refresh()
