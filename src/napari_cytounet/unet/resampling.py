"""Resizing any box of a plane to the working scale and back, exactly as if the whole plane were resized.

Every output pixel is a weighted sum of the input pixels around its centre, by a triangle as wide as the
coarser of the two grids (bilinear when enlarging, antialiased when shrinking). Beyond the edges the plane
is mirrored. Since the weights depend on the pixel's place in the plane alone, a tile gets what the whole
plane would.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BAND = 32
"""Output pixels that share one matrix of weights: nearly all of a larger matrix would be zeros."""


@dataclass(frozen=True)
class AxisResampling:
    """How the output pixels of one axis are made from input pixels.

    Attributes
    ----------
    source
        The input pixels that are needed, as a slice within the plane.
    bands
        For each `BAND` of output pixels: the first input pixel, counted from the start of `source`, and the
        number of those that it is made from. Empty where nothing is resized.
    weights
        (outputs, inputs) float32: of the first input pixel of its band and those that follow.
    picked
        Where nothing is resized: the input pixel of each output, counted from the start of `source`.
    """

    source: slice
    bands: tuple[tuple[int, int], ...]
    weights: Tensor
    picked: NDArray[np.intp]

    def apply(self, values: Tensor, dim: int) -> Tensor:
        """Resample (..., Y, X) float32, which holds the pixels `source` along `dim`: one of the last two."""
        if self.bands:
            return self._weighted(values, is_rows=dim == values.ndim - 2)
        first, last = int(self.picked[0]), int(self.picked[-1]) + 1
        if np.array_equal(self.picked, np.arange(first, last)):
            return values.narrow(dim, first, last - first)
        return values.index_select(dim, torch.from_numpy(self.picked).to(values.device))

    def pick(self, pixels: NDArray[Any], axis: int) -> NDArray[Any]:
        """Do as `apply` where nothing is resized, but in the image's own bits, which is cheaper."""
        everything = np.arange(pixels.shape[axis])
        return pixels if np.array_equal(self.picked, everything) else pixels.take(self.picked, axis)

    def _weighted(self, values: Tensor, *, is_rows: bool) -> Tensor:
        """Resample rows or columns: each band of outputs is one product, written where it belongs."""
        weights = torch.split(self.weights.to(values.device), BAND)
        outputs = sum(map(len, weights))
        rows, columns = values.shape[-2:]
        resampled = values.new_empty(
            *values.shape[:-2], outputs if is_rows else rows, columns if is_rows else outputs
        )
        for plane, out in zip(_matrices(values), _matrices(resampled), strict=True):
            for number, ((first, width), some) in enumerate(zip(self.bands, weights, strict=True)):
                begin, end = number * BAND, number * BAND + len(some)
                if is_rows:
                    torch.mm(some[:, :width], plane[first : first + width], out=out[begin:end])
                else:
                    torch.mm(plane[:, first : first + width], some[:, :width].T, out=out[:, begin:end])
        return resampled


def _matrices(values: Tensor) -> Tensor:
    return values.reshape(-1, *values.shape[-2:])


@lru_cache(maxsize=8)  # the tiles of a row share their rows; a tile asks for four
def axis_resampling(size: int, scale: float, start: int, stop: int) -> AxisResampling:
    """Return how pixels `start` to `stop` of a resized axis are made from the original axis.

    Parameters
    ----------
    size
        Length of the original axis.
    scale
        Length of the resized axis over that of the original.
    start, stop
        Pixels of the resized axis; they may lie beyond its ends, where the axis is mirrored.

    Examples
    --------
    >>> shrunk = axis_resampling(6, 0.5, 0, 3)
    >>> shrunk.apply(torch.arange(6.0)[None], 1)
    tensor([[0.6250, 2.5000, 4.3750]])
    >>> axis_resampling(3, 1.0, -2, 5).apply(torch.arange(3.0)[None], 1)
    tensor([[1., 0., 0., 1., 2., 2., 1.]])
    """
    if scale == 1:
        taps = _mirrored(np.arange(start, stop), size)
        first = int(taps.min())
        return AxisResampling(slice(first, int(taps.max()) + 1), (), torch.empty(0), taps - first)
    taps, heights = _triangles(size, scale, start, stop)
    begins = np.arange(0, stop - start, BAND)
    firsts = np.minimum.reduceat(taps.min(axis=1), begins)
    lasts = np.maximum.reduceat(taps.max(axis=1), begins) + 1
    band_of = np.arange(stop - start) // BAND
    weights = np.zeros((stop - start, int((lasts - firsts).max())), dtype=np.float32)
    # Added, not set: beyond the edges two taps may be mirrored onto one pixel.
    np.add.at(weights, (np.arange(stop - start)[:, None], taps - firsts[band_of][:, None]), heights)
    weights /= weights.sum(axis=1, keepdims=True)
    source = slice(int(firsts.min()), int(lasts.max()))
    bands = tuple(zip((firsts - source.start).tolist(), (lasts - firsts).tolist(), strict=True))
    return AxisResampling(source, bands, torch.from_numpy(weights), np.empty(0, dtype=np.intp))


def _triangles(
    size: int, scale: float, start: int, stop: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the input pixels around the centre of each output, and the height of its triangle there."""
    centres = (np.arange(start, stop) + 0.5) / scale - 0.5
    radius = max(1.0, 1.0 / scale)
    offsets = np.arange(-int(np.ceil(radius)), int(np.ceil(radius)) + 1)
    taps = np.rint(centres).astype(np.intp)[:, None] + offsets
    heights = np.maximum(0.0, 1.0 - np.abs(taps - centres[:, None]) / radius)
    return _mirrored(taps, size), heights


def nearest_pixels(size: int, scale: float) -> NDArray[np.intp]:
    """Return, for each pixel of a resized axis, the original pixel under its centre: for class maps.

    Examples
    --------
    >>> nearest_pixels(6, 0.5)
    array([1, 3, 5])
    """
    centres = (np.arange(working_size(size, scale)) + 0.5) / scale
    return np.minimum(centres.astype(np.intp), size - 1)


def working_size(size: int, scale: float) -> int:
    """Return the length of an axis at the working scale, at least one pixel.

    Examples
    --------
    >>> working_size(1032, 0.5), working_size(1, 0.25)
    (516, 1)
    """
    return max(1, round(size * scale))


def _mirrored(indices: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Fold indices beyond the ends back into the axis, repeating the end pixel, however far they lie."""
    folded = np.mod(indices, 2 * size)
    return np.where(folded < size, folded, 2 * size - 1 - folded)
