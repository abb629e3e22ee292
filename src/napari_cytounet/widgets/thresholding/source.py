"""What a layer offers to be thresholded: grey values, or the probabilities of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.class_colours import COLOURS, class_colours
from napari_cytounet.widgets.layers import full_resolution, layer_axes, pixel_size_of_layer
from napari_cytounet.widgets.probabilities import Probabilities, probabilities_in


@dataclass(frozen=True, eq=False)
class Source:
    """An image to be thresholded.

    Attributes
    ----------
    image
        One channel of grey values, or of probabilities one channel a class.
    is_probabilities
        Which of the two.
    classes
        Names of the classes; empty for grey values.
    calibrated
        The threshold of each class that was best on validation data, if the probabilities carry them.
    colours
        One a channel, as napari understands them.
    in_memory
        Whether reading costs nothing.
    """

    image: Image
    is_probabilities: bool = False
    classes: tuple[str, ...] = ()
    calibrated: tuple[float, ...] | None = None
    colours: tuple[Any, ...] = tuple(COLOURS[:1])
    in_memory: bool = True

    @property
    def stack_letters(self) -> str:
        """The axes of the stack in the order of the layer, such as "ZT"; the engine's is always "TZ"."""
        return "".join(letter for letter in self.image.axes if letter in "TZ")

    @property
    def labels_shape(self) -> tuple[int, ...]:
        """The shape of labels for all planes, in the order of the layer."""
        stack = (self.image.data.shape[self.image.axes.index(letter)] for letter in self.stack_letters)
        return (*stack, self.image.height, self.image.width)

    def in_layer(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index of a plane in the order of the layer's axes."""
        of_letter = dict(zip(self.image.plane_axes, index, strict=True))
        return tuple(of_letter[letter] for letter in self.stack_letters)


def source_of(layer: Layer) -> Source:
    """Return what a layer offers.

    Raises
    ------
    ImageError
        If that is nothing that a threshold could part; the message says what would do.
    """
    if not isinstance(layer, ImageLayer):
        kind = type(layer).__name__.lower()
        raise ImageError(f"{layer.name} holds {kind}, not an image. Choose an image or probabilities.")
    if layer.rgb:
        raise ImageError(
            f"{layer.name} is a colour image, but a threshold parts the grey values of one channel. "
            "Right-click the layer, choose Split RGB, and threshold the channel that shows the objects best."
        )
    image = Image.from_array(
        full_resolution(layer), layer_axes(layer), name=layer.name, pixel_size=pixel_size_of_layer(layer)
    )
    if not image.axes.endswith("YX"):
        raise ImageError(
            f"{layer.name} has the axes {image.axes}, but Y and X must be the last two. Add it again with "
            "its axes in that order."
        )
    in_memory = type(image.data) is np.ndarray
    said = probabilities_in(layer)
    if said is not None:
        return _source_of_probabilities(image, said, in_memory=in_memory)
    if image.channels > 1:
        raise ImageError(
            f"{layer.name} has {image.channels} channels, but a threshold parts the grey values of one. "
            "Right-click the layer, choose Split Stack, and threshold one of them."
        )
    return Source(image, in_memory=in_memory)


def _source_of_probabilities(image: Image, said: Probabilities, *, in_memory: bool) -> Source:
    count = len(said.classes)
    if count != image.channels or len(said.thresholds) not in (0, count):
        raise ImageError(
            f"{image.name} has {image.channels} channels, but says that it holds probabilities of {count} "
            f"classes with {len(said.thresholds)} thresholds. Predict it again."
        )
    return Source(
        image,
        is_probabilities=True,
        classes=said.classes,
        calibrated=said.thresholds or None,
        colours=said.colours or tuple(class_colours(said.classes)),
        in_memory=in_memory,
    )
