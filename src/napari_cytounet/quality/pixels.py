"""One plane of an image with its mask, and what several detectors need of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.images.truth import Truth

EDGE_SIGMA = 1.5
"""Pixels of smoothing before gradients are taken: fine enough for outlines, coarse enough for noise."""


@dataclass(frozen=True)
class PlanePixels:
    """One plane.

    Attributes
    ----------
    raw
        The values, (C, Y, X).
    truth
        What the mask says, None without one.
    """

    raw: NDArray[Any]
    truth: Truth | None

    @cached_property
    def grey(self) -> NDArray[np.float32]:
        """Mean over the channels, (Y, X)."""
        if len(self.raw) == 1:
            grey: NDArray[np.float32] = self.raw[0].astype(np.float32)
        else:
            grey = self.raw.mean(axis=0, dtype=np.float32)
        return grey

    @cached_property
    def gradient(self) -> NDArray[np.float32]:
        """Magnitude of the gradient, in grey values a pixel, (Y, X)."""
        return gradient_magnitude(self.grey, EDGE_SIGMA)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the noise.

        By the median of a Laplacian that straight edges do not answer to [1]_.

        References
        ----------
        .. [1] Immerkær: Fast noise variance estimation. Computer Vision and Image Understanding 64, 1996.
        """
        grey = self.grey
        twice = grey[:-2] - 2 * grey[1:-1] + grey[2:]
        response = twice[:, :-2] - 2 * twice[:, 1:-1] + twice[:, 2:]
        return float(np.median(np.abs(response[::2, ::2]))) / 0.6745 / 6

    @cached_property
    def spread(self) -> float:
        """Distance of the 1st and the 99.8th percentile of the grey values."""
        low, high = np.percentile(self.grey[::2, ::2], [1, 99.8])
        return float(high - low)

    @cached_property
    def foreground(self) -> NDArray[np.bool_]:
        """Pixels of any object, (Y, X); none without a mask."""
        if self.truth is None:
            return np.zeros(self.grey.shape, dtype=bool)
        return self.truth.classes > 0

    @cached_property
    def objects(self) -> NDArray[np.int32]:
        """Objects numbered from 1, 0 elsewhere; where the mask tells none apart, connected regions."""
        if self.truth is None or self.truth.instances is None:
            labels, _ = ndi.label(self.foreground, structure=np.ones((3, 3)))
            return np.asarray(labels, dtype=np.int32)
        return np.maximum(self.truth.instances, 0)

    @cached_property
    def depth(self) -> NDArray[np.float64]:
        """Distance from the outline of the object that a pixel lies in, 0 outside of all."""
        objects = self.objects
        apart = objects > 0
        for axis in (0, 1):
            first = np.moveaxis(objects, axis, 0)
            meet = (first[1:] != first[:-1]) & (first[1:] > 0) & (first[:-1] > 0)
            np.moveaxis(apart, axis, 0)[1:] &= ~meet
        depth: NDArray[np.float64] = ndi.distance_transform_edt(apart)
        return depth


def gradient_magnitude(grey: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Return the magnitude of the gradient after smoothing by `sigma` pixels."""
    smooth = ndi.gaussian_filter(grey, sigma, truncate=3)
    down, right = np.gradient(smooth)
    magnitude: NDArray[np.float32] = np.hypot(down, right)
    return magnitude


def block_means(values: NDArray[Any], factor: int) -> NDArray[np.float32]:
    """Return the means of blocks of `factor` by `factor` pixels; what is over at the end is left out."""
    if factor == 1:
        return values.astype(np.float32)
    height, width = (length // factor for length in values.shape)
    blocks = values[: height * factor, : width * factor].reshape(height, factor, width, factor)
    means: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
