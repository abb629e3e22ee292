"""Bringing intensities to a common range: once a plane, never a tile, and stored in the model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_cytounet.images.finite import check_finite
from napari_cytounet.images.image import Image
from napari_cytounet.settings import Settings

SAMPLE_PIXELS = 250_000
"""About how many pixels of a plane its percentiles are taken from."""

BAND_PIXELS = 4_000_000
"""How many pixels of a plane are in memory at once while it is sampled."""


class Normalisation(Settings):
    """How intensities become what the network sees: linear between two percentiles, and clipped."""

    low_percentile: float = Field(1.0, ge=0, lt=50, description="Percentile that becomes 0.")
    high_percentile: float = Field(99.8, gt=50, le=100, description="Percentile that becomes 1.")
    clip: tuple[float, float] = Field((-1.0, 3.0), description="Lowest and highest value let through.")

    def intensity_range(self, image: Image, index: tuple[int, ...] = ()) -> NDArray[np.float64]:
        """Return the intensities that become 0 and 1 in each channel of a plane.

        The percentiles are taken from a regular subsample, read band by band, so that a plane of any size
        costs a bounded amount of memory.

        Parameters
        ----------
        image, index
            The plane.

        Returns
        -------
        NDArray[np.float64]
            (C, 2): low and high, high above low also in a constant plane.

        Raises
        ------
        ImageError
            If the sample holds NaN or infinite values.
        """
        sample = _sampled(image, index)
        check_finite(sample, image, index)
        low, high = np.percentile(sample, [self.low_percentile, self.high_percentile], axis=1)
        # A few bright pixels on an even background leave both percentiles at the same value.
        extremes = np.where(high > low, high, sample.max(axis=1))
        above = low + np.maximum(1, np.abs(low))  # not 1 alone, which is lost beside a huge number
        return np.stack([low, np.where(extremes > low, extremes, above)], axis=1)

    def apply(self, pixels: NDArray[Any], limits: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return normalised pixels.

        Parameters
        ----------
        pixels
            (C, Y, X), any real dtype.
        limits
            (C, 2) from `intensity_range` of the whole plane.

        Examples
        --------
        >>> limits = np.array([[10.0, 20.0]])
        >>> Normalisation().apply(np.array([[[10, 15, 20, 255]]], dtype=np.uint8), limits)
        array([[[0. , 0.5, 1. , 3. ]]], dtype=float32)
        """
        low, high = limits[:, 0, None, None], limits[:, 1, None, None]
        normalised: NDArray[np.float32]
        if pixels.dtype.itemsize > 2:
            # 32 bits would lose small differences between large numbers before the offset is gone.
            normalised = ((pixels - low) / (high - low)).astype(np.float32)
        else:
            normalised = np.subtract(pixels, low.astype(np.float32), dtype=np.float32)
            normalised *= (1 / (high - low)).astype(np.float32)
        np.clip(normalised, *self.clip, out=normalised)
        return normalised


def _sampled(image: Image, index: tuple[int, ...]) -> NDArray[np.float64]:
    """Return about SAMPLE_PIXELS pixels of a plane, (C, pixels)."""
    step = max(1, int(np.sqrt(image.height * image.width / SAMPLE_PIXELS)))
    band = max(step, BAND_PIXELS // image.width // step * step)
    bands = [
        image.read(index, rows=slice(start, min(start + band, image.height)))[:, ::step, ::step]
        for start in range(0, image.height, band)
    ]
    return np.concatenate([part.reshape(image.channels, -1) for part in bands], axis=1).astype(np.float64)
