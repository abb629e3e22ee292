"""Logits whose edges follow those of the image: the guided filter.

He, Sun and Tang, "Guided Image Filtering", PAMI 2013. In every window the logits are taken for a linear
function of the guides, as it fits them best there; what a pixel gets is the mean over all windows that it
lies in. As the last layer of a network (Wu et al., "Fast End-to-End Trainable Guided Filter", CVPR 2018) it
also has a painted pixel teach all that looks like it around it: outlines are learnt that nobody painted.

There are two guides, brightness and contrast: cells in phase or interference contrast are as bright as what
lies around them, and only rougher.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

RADIUS_IN_IMAGE = 8
"""Pixels of the image, before it is resized, from the middle of a window to its edge."""

LEAST_RADIUS, MOST_RADIUS = 2, 4
"""The same in working pixels is between these."""

EPSILON = 0.001
"""Variance of a guide, which is about 0 to 1, from which on an edge counts as one."""

CONTRAST_REACH = 2
"""Pixels from one to the furthest that its contrast depends on."""


def guide_radius(scale: float) -> int:
    """Return the radius in working pixels: less where images are shrunk, whose parts are thinner in them.

    Parameters
    ----------
    scale
        Working scale.

    Examples
    --------
    >>> guide_radius(0.25), guide_radius(0.5), guide_radius(1)
    (2, 4, 4)
    """
    return max(LEAST_RADIUS, min(MOST_RADIUS, int(RADIUS_IN_IMAGE * scale)))


def guided_reach(radius: int) -> int:
    """Return how far away, in pixels, the filter can have something change what is found in a pixel."""
    return 2 * radius + CONTRAST_REACH if radius else 0


def guided_filter(image: Tensor, logits: Tensor, radius: int) -> Tensor:
    """Return logits that follow the edges of an image.

    Parameters
    ----------
    image
        (N, C, Y, X) float with intensities about 0 to 1; its channels' mean is the brightness.
    logits
        (N, K, Y, X) float.
    radius
        Pixels from the middle of a window to its edge.

    Returns
    -------
    Tensor
        (N, K, Y, X) float32. What lies further away than twice the radius and two pixels changes nothing.

    Examples
    --------
    Logits that are wrong by a pixel of where the image has its edge come closer to it:

    >>> image = (torch.arange(32) >= 16).float().expand(1, 1, 32, 32)
    >>> logits = 2 * (torch.arange(32) >= 15).float().expand(1, 1, 32, 32) - 1
    >>> (guided_filter(image, logits, radius=4)[0, 0, 16, 13:18] > 0).tolist()
    [False, False, False, True, True]
    """
    brightness = image.float().mean(dim=1, keepdim=True)
    filtered: Tensor = _Filter.apply(logits.float(), brightness, contrast(brightness), radius)  # type: ignore[no-untyped-call]
    return filtered


def contrast(brightness: Tensor) -> Tensor:
    """Return how rough an image is at each pixel: 0 beside a clean edge.

    It is twice the standard deviation in the 3 x 3 window that has least of the nine that a pixel lies in: so
    it ends where what is rough ends (Kuwahara et al., "Processing of RI-Angiocardiographic Images", 1976).

    Parameters
    ----------
    brightness
        (N, 1, Y, X) float.

    Examples
    --------
    >>> edge = (torch.arange(6) >= 3).float().expand(1, 1, 6, 6)
    >>> contrast(edge)[0, 0, 3].tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    >>> stripes = (torch.tensor([0, 0, 0, 0, 1, 0, 1, 0]) / 2).expand(1, 1, 8, 8)
    >>> contrast(stripes)[0, 0, 3]
    tensor([0.0000, 0.0000, 0.0000, 0.0000, 0.4714, 0.4714, 0.4714, 0.4714])
    """
    counts = _window_counts(brightness, 1)
    mean, mean_square = (_window_sums(values, 1) / counts for values in (brightness, brightness**2))
    deviation = (mean_square - mean**2).clamp_min(0).sqrt()
    return 2 * _least_around(deviation)


class _Filter(torch.autograd.Function):
    """The filter and its gradient, which is the filter once more: so neither is taken down step by step.

    A pixel's value is the mean over its n windows of what a fit gives, that is 1/n times a sum over pairs of
    pixels that is the same the other way round.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, first: Tensor, second: Tensor, radius: int) -> Tensor:
        ctx.fit = _Fit(first, second, radius)
        filtered: Tensor = ctx.fit(logits)
        return filtered

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        fit: _Fit = ctx.fit
        return fit(gradient / fit.counts).mul_(fit.counts), None, None, None


class _Fit:
    """Fits linear functions of two guides in the window around each pixel.

    Parameters
    ----------
    first, second
        (N, 1, Y, X) each.
    radius
        Of the windows.

    Attributes
    ----------
    counts
        (1, 1, Y, X): pixels in the window around each.
    """

    def __init__(self, first: Tensor, second: Tensor, radius: int) -> None:
        self._first, self._second, self._radius = first, second, radius
        self.counts = _window_counts(first, radius)
        squares = [first * first, second * second, first * second]
        means = self._means(torch.cat([first, second, *squares], dim=1)).chunk(5, dim=1)
        self._mean_first, self._mean_second, of_first, of_second, of_both = means
        variance_first = of_first - self._mean_first**2 + EPSILON
        variance_second = of_second - self._mean_second**2 + EPSILON
        shared = of_both - self._mean_first * self._mean_second
        # The inverse of the matrix of the normal equations.
        determinant = variance_first * variance_second - shared**2
        self._from_first = variance_second / determinant
        self._from_second = variance_first / determinant
        self._from_other = -shared / determinant

    def __call__(self, values: Tensor) -> Tensor:
        """Return the mean over the windows that a pixel lies in of what the fit there gives, (N, K, Y, X)."""
        maps = torch.cat([values, self._first * values, self._second * values], dim=1)
        mean, with_first, with_second = self._means(maps).chunk(3, dim=1)
        with_first.addcmul_(self._mean_first, mean, value=-1)
        with_second.addcmul_(self._mean_second, mean, value=-1)
        slope_first = self._from_first * with_first + self._from_other * with_second
        slope_second = self._from_second * with_second + self._from_other * with_first
        offset = mean - slope_first * self._mean_first - slope_second * self._mean_second
        fits = torch.cat([slope_first, slope_second, offset], dim=1)
        slope_first, slope_second, offset = self._means(fits).chunk(3, dim=1)
        return slope_first * self._first + slope_second * self._second + offset

    def _means(self, maps: Tensor) -> Tensor:
        return _window_sums(maps, self._radius).div_(self.counts)


def _window_sums(values: Tensor, radius: int) -> Tensor:
    """Return the sum of the window around each pixel, as far as it lies in the image."""
    padded = F.pad(values, (radius, radius, radius, radius))
    return _line_sums(_line_sums(padded, 2 * radius + 1, dim=-2), 2 * radius + 1, dim=-1)


def _window_counts(values: Tensor, radius: int) -> Tensor:
    """Return how many pixels of an image (N, 1, Y, X) the window around each holds, (1, 1, Y, X)."""
    return _window_sums(torch.ones_like(values[:1]), radius)


def _line_sums(values: Tensor, count: int, dim: int) -> Tensor:
    """Return the sums of so many neighbours along an axis, from sums of 2, of 4 and so on of them.

    Running sums take longer here, and so do products with band matrices where images are large.
    """
    length = values.shape[dim] - count + 1
    parts, done, each = [], 0, 1  # `values` holds the sums of `each` neighbours
    while done < count:
        if count & each:
            parts.append(values.narrow(dim, done, length))
            done += each
        if done < count:
            places = values.shape[dim] - each
            values = values.narrow(dim, 0, places) + values.narrow(dim, each, places)
            each *= 2
    return sum(parts[1:], start=parts[0])


def _least_around(values: Tensor) -> Tensor:
    """Return the least of the 3 x 3 values around each; pooling takes ten times as long."""
    padded = F.pad(values, (1, 1, 1, 1), value=torch.inf)
    rows = torch.minimum(torch.minimum(padded[..., :-2, :], padded[..., 1:-1, :]), padded[..., 2:, :])
    return torch.minimum(torch.minimum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
