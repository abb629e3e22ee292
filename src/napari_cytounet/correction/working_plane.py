"""A plane at the working scale with what is painted on it, square by square, as far as it is needed.

The time to read a window grows neither with the plane nor with the number of strokes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from napari_cytounet.correction.annotation import FIRST_CLASS, UNKNOWN, Box, PlaneKey
from napari_cytounet.correction.squares import overlaps
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.images.image import Image
from napari_cytounet.unet.fit import scale_for
from napari_cytounet.unet.inference import Interval
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.prediction import PlaneReader
from napari_cytounet.unet.resampling import axis_resampling, working_size

CHUNK = 128
"""Side of the squares, in working pixels."""


class ChunkCache:
    """Remembers the tensors that were used last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()

    def drop(self, key: Hashable) -> None:
        """Forget what is remembered under a key, if anything."""
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= found.nbytes

    def get(self, key: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """Return what is remembered under a key, or make it."""
        found = self._kept.pop(key, None)
        if found is None:
            found = make()
            self._bytes += found.nbytes
        self._kept[key] = found
        while self._bytes > self._limit and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        return found


class WorkingPlane:
    """One plane at the working scale.

    Parameters
    ----------
    image, key
        The plane.
    card
        Normalisation, scale and classes of the model that learns.
    supervision
        What is painted.
    cache
        Shared by all planes of a session.

    Attributes
    ----------
    scale
        Working pixels a pixel.
    height, width
        In working pixels.
    """

    def __init__(
        self, image: Image, key: PlaneKey, card: ModelCard, supervision: Supervision, cache: ChunkCache
    ) -> None:
        self.image = image
        self.key = key
        self.scale = scale_for(card, image)
        self.height = working_size(image.height, self.scale)
        self.width = working_size(image.width, self.scale)
        self._classes = len(card.classes)
        self._supervision = supervision
        self._cache = cache
        self._normalisation = card.normalisation
        self._painted: set[tuple[int, int]] = set()

    def pixels(self, rows: Interval, columns: Interval) -> Tensor:
        """Return normalised pixels of a box, (C, Y, X) float32; beyond the edges it is mirrored."""
        result = torch.empty(self.image.channels, rows[1] - rows[0], columns[1] - columns[0])
        for place, inside, outside in overlaps(rows, columns, CHUNK):
            chunk = self._cache.get(("pixels", self.key, place), partial(self._chunk, place))
            result[:, outside[0], outside[1]] = chunk[:, inside[0], inside[1]]
        return result

    def targets(self, rows: Interval, columns: Interval) -> Tensor:
        """Return what is painted in a box, (K + 1, Y, X) float32.

        The share of each class in each working pixel, and last the share of it that is painted at all.
        """
        result = torch.zeros(self._classes + 1, rows[1] - rows[0], columns[1] - columns[0])
        for place, inside, outside in overlaps(rows, columns, CHUNK):
            if place in self._painted:
                chunk = self._cache.get(("targets", self.key, place), partial(self._shares, place))
                result[:, outside[0], outside[1]] = chunk[:, inside[0], inside[1]]
        return result

    def repaint(self, box: Box) -> None:
        """Forget the targets where something was painted (a box in the image's own pixels)."""
        # Resizing reads a few pixels around each.
        reach = 2 / self.scale + 2
        rows = (int((box.top - reach) * self.scale), int((box.bottom + reach) * self.scale) + 1)
        columns = (int((box.left - reach) * self.scale), int((box.right + reach) * self.scale) + 1)
        for place, _, _ in overlaps(rows, columns, CHUNK):
            self._painted.add(place)
            self._cache.drop(("targets", self.key, place))

    @cached_property
    def _read(self) -> PlaneReader:
        """Made when it is first read from: that looks at the whole plane, and there may be thousands."""
        return PlaneReader(self.image, self.key.index, self._normalisation, self.scale)

    def _chunk(self, place: tuple[int, int]) -> Tensor:
        rows, columns = _interval(place[0]), _interval(place[1])
        return self._read(rows, columns).contiguous()

    def _shares(self, place: tuple[int, int]) -> Tensor:
        """Return the targets of a square from what is painted in it."""
        rows, columns = _interval(place[0]), _interval(place[1])
        down = axis_resampling(self.image.height, self.scale, *rows)
        across = axis_resampling(self.image.width, self.scale, *columns)
        box = Box(down.source.start, across.source.start, down.source.stop, across.source.stop)
        values = self._supervision.values(self.key, box)
        members = [values == FIRST_CLASS + number for number in range(self._classes)]
        layers = np.stack([*members, (values != UNKNOWN) & (values < FIRST_CLASS + self._classes)])
        shares = across.apply(down.apply(torch.from_numpy(layers.astype(np.float32)), 1), 2)
        shares[:, [row < 0 or row >= self.height for row in range(*rows)]] = 0
        shares[:, :, [column < 0 or column >= self.width for column in range(*columns)]] = 0
        return shares


def _interval(place: int) -> Interval:
    return place * CHUNK, (place + 1) * CHUNK


def working_planes(
    images: Sequence[Image], card: ModelCard, supervision: Supervision, cache_bytes: int
) -> dict[PlaneKey, WorkingPlane]:
    """Return all planes of the images of a session, which share what they remember."""
    cache = ChunkCache(cache_bytes)
    return {
        key: WorkingPlane(image, key, card, supervision, cache)
        for number, image in enumerate(images)
        for key in (PlaneKey(number, index) for index in image.planes)
    }
