"""The prediction of a training so far, as a layer of its own over the image that it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.transforms import Affine
from napari.viewer import Viewer
from numpy.typing import NDArray

from napari_cytounet.events import Previewed
from napari_cytounet.widgets.class_colours import class_colours
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.layers import (
    free_name,
    full_resolution,
    layer_axes,
    placed_like,
    plane_dimensions,
)
from napari_cytounet.widgets.previews import is_preview, mark_preview

CERTAIN = 128
"""Least probability, of 255, of a class that is shown."""


class TrainingPreview:
    """Shows each preview of one training in the same layer.

    A user who takes that layer away, or the image under it, is shown no more of them. The layer of an earlier
    training goes when a new one begins.

    Parameters
    ----------
    viewer
        Where.
    layers
        The image layers that were written to files, by file. The image of another file is opened as a layer.
    colours
        Of the classes; our own where there are none.
    """

    def __init__(
        self, viewer: Viewer, layers: Mapping[Path, ImageLayer], colours: Sequence[str] = ()
    ) -> None:
        self._viewer = viewer
        self._images = {file.resolve(): layer for file, layer in layers.items()}
        self._colours = colours
        self._layer: LabelsLayer | None = None
        self._waiting: Previewed | None = None
        self._opening: Latest[_OpenedPlane] = Latest(self._add_image, self._say_nothing)
        for layer in [layer for layer in viewer.layers if is_preview(layer, "training")]:
            viewer.layers.remove(layer)

    def show(self, event: Previewed) -> None:
        """Show a preview."""
        source = Path(event.source).resolve()
        if source not in self._images:
            self._waiting = event
            if not self._opening.is_busy:
                self._opening.ask(lambda _: _opened_plane(source, event.index))
            return
        image = self._images[source]
        removed = self._layer is not None and self._layer not in self._viewer.layers
        if removed or image not in self._viewer.layers:
            return
        with suppress(OSError, ValueError):  # it is being replaced, or the folder is gone: the next will do
            probabilities = np.load(event.path, allow_pickle=False)
            self._place(probabilities, image, event)

    def forget(self) -> None:
        """Show no more; the layer stays."""
        self._opening.forget()

    def _place(self, probabilities: NDArray[np.uint8], image: ImageLayer, event: Previewed) -> None:
        data, placed = over_layer(class_map(probabilities), image, event)
        if self._layer is None:
            chosen = self._viewer.layers.selection.active
            self._layer = self._viewer.add_labels(
                data,
                name=free_name(self._viewer, f"training preview of {image.name}"),
                colormap=self._colormap(len(probabilities)),
                opacity=0.5,
                **placed,
            )
            mark_preview(self._layer, "training")
            self._layer.editable = False
            self._viewer.layers.selection.active = chosen  # whoever paints goes on painting
            return
        self._layer.data = data
        self._layer.scale, self._layer.translate = placed["scale"], placed["translate"]

    def _colormap(self, count: int) -> DirectLabelColormap:
        colours = list(self._colours) if len(self._colours) == count else class_colours([""] * count)
        shown: dict[int | None, Any] = dict(enumerate(colours, start=1))
        return DirectLabelColormap(color_dict=shown | {None: "transparent", 0: "transparent"})

    def _add_image(self, opened: _OpenedPlane) -> None:
        chosen = self._viewer.layers.selection.active
        layer = self._viewer.add_image(
            opened.pixels, rgb=opened.rgb, name=free_name(self._viewer, opened.name)
        )
        if chosen is not None:
            self._viewer.layers.selection.active = chosen
        self._images[opened.source] = layer
        if self._waiting is not None:
            self.show(self._waiting)

    def _say_nothing(self, _: str) -> None:
        """Show no preview of an image that cannot be read: the training itself will say why."""


@dataclass(frozen=True)
class _OpenedPlane:
    source: Path
    name: str
    pixels: NDArray[Any]
    rgb: bool


def _opened_plane(source: Path, index: tuple[int, ...]) -> _OpenedPlane:
    from napari_cytounet.images.reading import open_image  # here: the readers take a while

    image = open_image(source)
    channels = image.read(index)
    rgb = len(channels) == 3 and channels.dtype == np.uint8
    pixels = channels.transpose(1, 2, 0) if rgb else channels[0]
    return _OpenedPlane(source, image.plane_name(index), pixels, rgb)


def class_map(probabilities: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the most probable class of each pixel, 0 where none is likely.

    Examples
    --------
    >>> class_map(np.array([[[200, 10]], [[20, 130]]], dtype=np.uint8))
    array([[1, 2]], dtype=uint8)
    """
    best = probabilities.argmax(axis=0).astype(np.uint8) + np.uint8(1)
    return np.where(probabilities.max(axis=0) >= CERTAIN, best, np.uint8(0))


def over_layer(
    classes: NDArray[np.uint8], layer: ImageLayer, event: Previewed
) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Lay a preview over the part of a layer that it is of.

    Returns
    -------
    data, placed
        With the dimensions of the layer, and the keywords that put it in its place.
    """
    kept = plane_dimensions(layer)
    letters = [layer_axes(layer)[dimension] for dimension in kept]
    place = dict(zip(_stacked(layer), event.index, strict=False))
    factors = {"Y": (event.rows, classes.shape[0]), "X": (event.columns, classes.shape[1])}
    stretch, offset = np.ones(len(kept)), np.zeros(len(kept))
    for dimension, letter in enumerate(letters):
        if letter in factors:
            (start, stop), pixels = factors[letter]
            stretch[dimension] = (stop - start) / pixels
            # napari counts from the middle of the first pixel, we from its edge.
            offset[dimension] = start + (stretch[dimension] - 1) / 2
        else:
            offset[dimension] = place.get(letter, 0)
    placed = placed_like(layer)
    turned = {name: placed[name] for name in ("scale", "rotate", "shear") if name in placed}
    placed["translate"] = placed["translate"] + Affine(translate=np.zeros(len(kept)), **turned)(offset)
    placed["scale"] = placed["scale"] * stretch
    plane = classes if letters.index("Y") < letters.index("X") else classes.T
    lengths = {"Y": classes.shape[0], "X": classes.shape[1]}
    return plane.reshape([lengths.get(letter, 1) for letter in letters]), placed


def _stacked(layer: ImageLayer) -> str:
    """Return the axes that count the planes; files forget those of length 1."""
    lengths = dict(zip(layer_axes(layer), full_resolution(layer).shape, strict=True))
    return "".join(letter for letter in "TZ" if lengths.get(letter, 1) > 1)
