"""Logits whose edges follow those of the image: the guided filter.

He, Sun and Tang, "Guided Image Filtering", PAMI 2013. In every window the logits are taken for a straight
line of the brightness, as it fits them best there; what a pixel gets is the mean over all windows that it
lies in. As the last layer of a network (Wu et al., "Fast End-to-End Trainable Guided Filter", CVPR 2018) it
also has a painted pixel teach all that looks like it around it: outlines are learnt that nobody painted.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

RADIUS_IN_IMAGE = 8
"""Pixels of the image, before it is resized, from the middle of a window to its edge."""

LEAST_RADIUS, MOST_RADIUS = 2, 4
"""The same in working pixels is between these."""

EPSILON = 0.003
"""Variance of the brightness, which is about 0 to 1, from which on an edge counts as one."""


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
        (N, K, Y, X) float32. What lies further away than twice the radius changes nothing.

    Examples
    --------
    Logits that are wrong by a pixel of where the image has its edge come closer to it:

    >>> image = (torch.arange(32) >= 16).float().expand(1, 1, 32, 32)
    >>> logits = 2 * (torch.arange(32) >= 15).float().expand(1, 1, 32, 32) - 1
    >>> (guided_filter(image, logits, radius=4)[0, 0, 16, 13:18] > 0).tolist()
    [False, False, False, True, True]
    """
    brightness, values = image.float().mean(dim=1, keepdim=True), logits.float()
    mean, mean_value = _window_means(brightness, radius), _window_means(values, radius)
    variance = _window_means(brightness**2, radius) - mean**2
    covariance = _window_means(brightness * values, radius) - mean * mean_value
    slope = covariance / (variance + EPSILON)
    offset = mean_value - slope * mean
    return _window_means(slope, radius) * brightness + _window_means(offset, radius)


def _window_means(values: Tensor, radius: int) -> Tensor:
    """Return the mean of the window around each pixel, as far as it lies in the image."""
    return _line_means(_line_means(values, radius).mT, radius).mT


def _line_means(values: Tensor, radius: int) -> Tensor:
    """Return the mean of the pixels around each in its row, from running sums: no radius makes it slower."""
    length = values.shape[-1]
    sums = F.pad(values, (radius + 1, radius)).cumsum(dim=-1)
    before = torch.arange(length, device=values.device).clamp(max=radius)
    return (sums[..., 2 * radius + 1 :] - sums[..., :length]) / (before + 1 + before.flip(0))
