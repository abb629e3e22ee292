"""The part of a plane that is previewed: what is in sight, its grey values and their histogram.

The engine is imported where it is first used, in a thread: the widget opens without it.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from numpy.typing import NDArray

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.images.finite import check_finite
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.layer_parts import ImagePart, shown_plane, visible_field
from napari_cytounet.widgets.thresholding.source import Source

FIELD_PIXELS = 2**22
"""Planes up to this size are previewed whole, of larger ones what is in sight."""
BINS = 256
MARGIN = 0.5
"""How far the slider goes beyond the values without outliers, as a share of their range."""


@dataclass(frozen=True, eq=False)
class Field:
    """What is previewed.

    Attributes
    ----------
    part
        Which part of the image it is: one plane, or rows and columns of it.
    pixels
        (C, Y, X).
    low, high
        From where to where a threshold is looked for.
    counts
        Histogram of each channel from `low` to `high`: (C, bins).
    whole
        Whether it is a whole plane, every pixel of it.
    every_pixel
        Whether no pixel between its rows and columns is left out.
    """

    part: ImagePart
    pixels: NDArray[Any]
    low: float
    high: float
    counts: NDArray[np.int64]
    whole: bool
    every_pixel: bool

    @property
    def index(self) -> tuple[int, ...]:
        """The plane."""
        return self.part.planes[0]


def part_in_sight(viewer: ViewerModel, layer: ImageLayer, source: Source) -> ImagePart:
    """Return the part of an image that a preview can follow a hand in.

    Returns
    -------
    ImagePart
        The plane that is shown if it is small. Otherwise what is in sight of it; where that is large too,
        every so many-th pixel, or its middle if the image would have to be read from a disk for that.

    Raises
    ------
    ImageError
        Nothing of the layer is in sight.
    """
    plane = shown_plane(viewer, layer)
    if source.image.height * source.image.width <= FIELD_PIXELS:
        return plane
    seen = visible_field(viewer, layer).ranges
    crowd = math.sqrt(len(seen["Y"]) * len(seen["X"]) / FIELD_PIXELS)
    if crowd <= 1:
        return ImagePart(dict(seen))
    thinned = _every if source.in_memory else _middle
    return ImagePart(dict(seen) | {letter: thinned(seen[letter], crowd) for letter in "YX"})


def _every(along: range, crowd: float) -> range:
    return along[:: math.ceil(crowd)]


def _middle(along: range, crowd: float) -> range:
    length = max(1, int(len(along) / crowd))
    start = (len(along) - length) // 2
    return along[start : start + length]


def read_field(source: Source, part: ImagePart, cancel: threading.Event) -> Field:
    """Read a part of an image and count its grey values.

    Raises
    ------
    Cancelled
        Nobody wants it any more.
    ImageError
        The values cannot be parted by a threshold: all are the same, or some are none.
    """
    image, index = source.image, part.planes[0]
    rows, columns = (_slice_of(part.ranges[letter]) for letter in "YX")
    pixels = image.read(index, rows, columns)
    if pixels.dtype == bool:
        pixels = pixels.view(np.uint8)
    if cancel.is_set():
        raise Cancelled("No longer wanted.")
    check_finite(pixels, image, index)
    every_pixel = {along.step for along in part.ranges.values()} == {1}
    whole = every_pixel and pixels.shape[1:] == (image.height, image.width)
    lowest, highest = float(pixels.min()), float(pixels.max())
    if lowest == highest:
        pixels_seen = "all pixels" if whole else "all pixels in the preview"
        raise ImageError(
            f"{image.plane_name(index)}: {pixels_seen} are {lowest:g}, so no threshold can part them."
        )
    low, high = (0.0, 1.0) if source.is_probabilities else _range_to_look_in(pixels, lowest, highest)
    counts = np.stack([_histogram(channel, low, high) for channel in pixels])
    return Field(part, pixels, low, high, counts, whole, every_pixel)


def _slice_of(along: range) -> slice:
    return slice(along.start, along.stop, along.step)


def found_thresholds(
    source: Source, field: Field, settings: ThresholdSettings, cancel: threading.Event
) -> tuple[float, ...]:
    """Return the thresholds that a method finds in the whole plane, of which the field may be a part."""
    from napari_cytounet.segmentation.plane_labels import sample_plane
    from napari_cytounet.segmentation.segmenting import choose_thresholds

    plane = field.pixels if field.whole else sample_plane(source.image, field.index, cancel)
    return choose_thresholds(plane, settings)


def bin_edges(low: float, high: float, bins: int) -> NDArray[np.floating[Any]]:
    """Return where the bars of a histogram begin and end: whole grey levels are bars of their own."""
    if bins == high - low + 1:
        return np.arange(bins + 1) + low - 0.5
    return np.linspace(low, high, bins + 1)


def _range_to_look_in(pixels: NDArray[Any], lowest: float, highest: float) -> tuple[float, float]:
    """Leave out the few brightest and darkest pixels, which would leave the slider no room for the others."""
    from napari_cytounet.segmentation.thresholds import range_without_outliers

    low, high = range_without_outliers(pixels)
    if low == high:  # all but a few pixels are the same
        return lowest, highest
    margin = MARGIN * (high - low)
    low, high = max(lowest, low - margin), min(highest, high + margin)
    return (math.floor(low), math.ceil(high)) if pixels.dtype.kind in "ui" else (low, high)


def _histogram(channel: NDArray[Any], low: float, high: float) -> NDArray[np.int64]:
    levels = high - low + 1
    if channel.dtype.kind in "ui" and levels <= BINS:
        inside = channel[(channel >= low) & (channel <= high)]
        return np.bincount((inside - int(low)).astype(np.intp), minlength=int(levels))
    return np.histogram(channel, BINS, (low, high))[0].astype(np.int64)
