"""Predicting a plane of any size, tile by tile, with memory for one tile."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.images.lazy import LazyArray
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.tiles import Blender, Span, cut_axis, spans
from napari_cytounet.settings import DeviceSettings, PredictionSettings
from napari_cytounet.unet.devices import Device, choose_device
from napari_cytounet.unet.fit import check_fits, scale_for
from napari_cytounet.unet.inference import Interval, predict_box
from napari_cytounet.unet.model import Model, load_model
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.resampling import axis_resampling, working_size

HALO_OF_REACH = 0.9
"""Share of the network's reach that a halo needs: what lies beyond changes a probability by about 1e-5."""

FADE = 8
"""Working pixels over which a tile fades into the next, on either side of the seam."""

TILE_OVER_HALO = 12.5
"""Length of a tile in halos: with it the halo adds at most 35 % to the pixels."""

Region = tuple[slice, slice]
"""Rows and columns of a plane."""


@dataclass(frozen=True)
class PredictedBox:
    """Final probabilities of a part of a plane.

    Attributes
    ----------
    rows, columns
        Where, in pixels of the plane.
    values
        (classes, Y, X) float32.
    done, total
        Tiles that are done, of all.
    seeds
        (Y, X) float32, high in the cores of objects, of a model that tells them apart: see `network.readout`.
    """

    rows: slice
    columns: slice
    values: NDArray[np.float32]
    done: int
    total: int
    seeds: NDArray[np.float32] | None = None


def predicted_boxes(
    model: Model,
    image: Image,
    index: tuple[int, ...] = (),
    *,
    settings: PredictionSettings,
    device: Device,
    region: Region | None = None,
    scale: float | None = None,
) -> Iterator[PredictedBox]:
    """Predict a plane and yield each part of it as soon as it is final.

    Parameters
    ----------
    model, image, index
        What is applied to which plane.
    settings
        Size of tiles and halo.
    device
        Where to compute.
    region
        Rows and columns that are predicted, all if not given. They get what they would get in the whole
        plane, by whose intensities they are normalised.
    scale
        By which the plane is resized; that of the model if not given.

    Raises
    ------
    PredictionError
        If the model takes another number of channels.
    """
    check_fits(model.card, image)
    network = model.ready_on(device)
    scale = scale or scale_for(model.card, image)
    read = PlaneReader(image, index, model.card.normalisation, scale, device.torch_device)
    # What a tile gives beyond its edges: the fading zone, and the pixels that resizing back reads around it.
    margin = FADE + 1 + math.ceil(max(1.0, scale))
    halo = max(halo_width(network, settings), margin + -margin % network.stride)
    tile = tile_length(network, settings)
    wanted_rows, wanted_columns = region or (slice(0, image.height), slice(0, image.width))
    rows = _cut(image.height, scale, tile, network.stride, wanted_rows)
    columns = _cut(image.width, scale, tile, network.stride, wanted_columns)
    blender = Blender([row.span for row in rows], [column.span for column in columns])
    total, done = len(rows) * len(columns), 0
    for row in rows:
        for column in columns:
            values = _predict_tile(network, read, row, column, halo=halo, margin=margin, device=device)
            done += 1
            final = blender.add(row.span, column.span, values)
            seeds = final[-1] if network.boundaries else None
            likely = final[: network.classes]
            yield PredictedBox(row.span.finished, column.span.finished, likely, done, total, seeds)


def predict_plane(
    model: Model,
    image: Image,
    index: tuple[int, ...] = (),
    *,
    settings: PredictionSettings = PredictionSettings(),
    device: DeviceSettings = DeviceSettings(),
) -> NDArray[np.float32]:
    """Return the probabilities of a whole plane, (classes, Y, X)."""
    chosen = choose_device(device)
    result = np.empty((len(model.card.classes), image.height, image.width), dtype=np.float32)
    with chosen.threads_set():
        for box in predicted_boxes(model, image, index, settings=settings, device=chosen):
            result[:, box.rows, box.columns] = box.values
    return result


def predict_array(
    model: Model | Path | str,
    array: LazyArray,
    axes: str | None = None,
    *,
    settings: PredictionSettings = PredictionSettings(),
    device: DeviceSettings = DeviceSettings(),
) -> NDArray[np.float32]:
    """Return the probabilities of an array in memory.

    Parameters
    ----------
    model
        A model, its file, or the folder of its run.
    array
        The image.
    axes
        One letter a dimension out of T, Z, C, Y, X; guessed from the shape if not given.
    settings, device
        Tiles, and where to compute.

    Returns
    -------
    NDArray[np.float32]
        (classes, Y, X), or (planes, classes, Y, X) for a stack.

    Examples
    --------
    >>> from napari_cytounet import load_model, predict_array
    >>> probabilities = predict_array(load_model("run"), image)  # doctest: +SKIP
    """
    loaded = model if isinstance(model, Model) else load_model(model)
    image = Image.from_array(array, axes)
    planes = [predict_plane(loaded, image, index, settings=settings, device=device) for index in image.planes]
    return np.stack(planes) if image.plane_axes else planes[0]


def halo_width(network: UNet, settings: PredictionSettings) -> int:
    """Return the working pixels of a halo, a multiple of the stride: those set, or those that matter."""
    halo = round(HALO_OF_REACH * network.reach) if settings.halo is None else settings.halo
    return halo + -halo % network.stride


def tile_length(network: UNet, settings: PredictionSettings) -> int:
    """Return the least length of a tile, in working pixels: the one set, or one whose halo costs little."""
    return settings.tile or int(TILE_OVER_HALO * max(halo_width(network, settings), network.stride))


class PlaneReader:
    """Reads boxes of a plane as the network sees them: normalised, at the working scale, mirrored at edges.

    Parameters
    ----------
    image, index
        The plane.
    normalisation, scale
        Of the model.
    device
        Where the boxes are resized and given.
    """

    def __init__(
        self,
        image: Image,
        index: tuple[int, ...],
        normalisation: Normalisation,
        scale: float,
        device: torch.device = torch.device("cpu"),
    ) -> None:
        self._image = image
        self._index = index
        self._scale = scale
        self._device = device
        self._normalisation = normalisation
        self._limits = normalisation.intensity_range(image, index)

    def __call__(self, rows: Interval, columns: Interval) -> Tensor:
        """Return (C, Y, X) float32 of a box of the working grid."""
        down = axis_resampling(self._image.height, self._scale, *rows)
        across = axis_resampling(self._image.width, self._scale, *columns)
        raw = read_finite(self._image, self._index, rows=down.source, columns=across.source)
        if self._scale == 1:  # mirrored in the image's own bits, of which there are fewer
            return self._normalised(across.pick(down.pick(raw, 1), 2))
        return across.apply(down.apply(self._normalised(raw), 1), 2)

    def _normalised(self, raw: NDArray[Any]) -> Tensor:
        return torch.from_numpy(self._normalisation.apply(raw, self._limits)).to(self._device)


@dataclass(frozen=True)
class _Piece:
    """A tile along one axis: its pixels of the working grid, and of the plane."""

    working: Interval
    span: Span
    size: int
    scale: float

    def restore(self, values: Tensor, dim: int, margin: int) -> Tensor:
        """Bring values of `working`, widened by `margin`, to the plane's own pixels over `span.reach`."""
        back = axis_resampling(self.size, 1 / self.scale, self.span.reach.start, self.span.reach.stop)
        first = back.source.start - (self.working[0] - margin)
        return back.apply(values.narrow(dim, first, back.source.stop - back.source.start), dim)


def _cut(size: int, scale: float, tile: int, stride: int, wanted: slice) -> list[_Piece]:
    """Cut what is wanted of an axis of a plane into tiles of the working grid."""
    working = working_size(size, scale)
    first = int(wanted.start * scale) // stride * stride
    last = min(working, math.ceil(wanted.stop * scale))
    starts = [first + start for start, _ in cut_axis(last - first, tile, stride)]
    boundaries = {start: round(start / scale) for start in starts[1:]}
    # A tile without any pixel that is wanted joins its neighbour.
    boundaries = {start: at for start, at in boundaries.items() if wanted.start < at < wanted.stop}
    pieces = pairwise([first, *boundaries, last])
    fade = int(FADE / scale)
    return [
        _Piece(piece, span, working, scale)
        for piece, span in zip(
            pieces, spans([wanted.start, *boundaries.values(), wanted.stop], fade), strict=True
        )
    ]


def _predict_tile(
    network: UNet, read: PlaneReader, row: _Piece, column: _Piece, *, halo: int, margin: int, device: Device
) -> NDArray[np.float32]:
    """Return the probabilities of a tile over the reach of its spans."""
    values = predict_box(network, read, row.working, column.working, halo=halo, margin=margin, device=device)
    restored = column.restore(row.restore(values, 1, margin), 2, margin)
    return restored.cpu().numpy()  # of memory that is this tile's own: blending changes it in place
