"""Varying training patches: one resampling for image and target, then intensity. Batched, on the device.

Random numbers come from one generator on the CPU, so that a seed gives the same patches on every device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.settings import AugmentationSettings


@dataclass(frozen=True)
class Augmentation:
    """Draws and applies random variations.

    Attributes
    ----------
    settings
        What is varied, and how far.
    patch_size
        Side of the patches that come out.

    Examples
    --------
    >>> augmentation = Augmentation(AugmentationSettings(), patch_size=32)
    >>> windows = torch.rand(2, 3, augmentation.window_size, augmentation.window_size)
    >>> image, target = augmentation(windows, 1, torch.Generator().manual_seed(0))
    >>> image.shape, target.shape
    (torch.Size([2, 1, 32, 32]), torch.Size([2, 2, 32, 32]))
    """

    settings: AugmentationSettings
    patch_size: int

    @property
    def window_size(self) -> int:
        """Side of the windows to cut from the image, so that turned and shrunk patches find their pixels."""
        reach = self.patch_size / self.settings.scale[0]
        if self.settings.rotate:
            reach *= math.sqrt(2)
        # As even or odd as the patch, whose pixels then lie on those of the window where nothing is varied.
        return self.patch_size + 2 * math.ceil((reach - self.patch_size) / 2)

    def __call__(self, windows: Tensor, channels: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return varied patches.

        Parameters
        ----------
        windows
            (N, C + T, W, W) float: an image with intensities about 0 to 1, and its targets; W is
            `window_size`. They lie in one array, so that where each pixel comes from is worked out once.
        channels
            C, how many of them are the image.
        random
            Generator on the CPU.

        Returns
        -------
        tuple[Tensor, Tensor]
            (N, C, patch_size, patch_size) and (N, T, patch_size, patch_size).
        """
        size = [len(windows), 1, self.patch_size, self.patch_size]
        affine = self._affine(len(windows), random).to(windows.device)
        grid = F.affine_grid(affine, size, align_corners=False)
        found = F.grid_sample(windows, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
        return self._vary_intensity(found[:, :channels], random), found[:, channels:]

    def _affine(self, count: int, random: torch.Generator) -> Tensor:
        """Where in its window each patch is looked up, (N, 2, 3) as `affine_grid` takes it."""
        settings = self.settings
        angle = _uniform(count, random, 0, 2 * math.pi) if settings.rotate else torch.zeros(count)
        low, high = (math.log(bound) for bound in settings.scale)
        shrink = torch.exp(-_uniform(count, random, low, high))
        mirror = torch.ones(count)
        if settings.flip:
            mirror = torch.randint(2, (count,), generator=random) * 2.0 - 1
        size = shrink * (self.patch_size / self.window_size)
        cosine, sine, shift = torch.cos(angle) * size, torch.sin(angle) * size, torch.zeros(count)
        rows = torch.stack([cosine * mirror, -sine, shift, sine * mirror, cosine, shift], dim=1)
        return rows.view(count, 2, 3)

    def _vary_intensity(self, image: Tensor, random: torch.Generator) -> Tensor:
        settings, count, device = self.settings, len(image), image.device

        def each(values: Tensor) -> Tensor:
            return values.view(-1, 1, 1, 1).to(device)

        if settings.blur > 0:
            image = _blurred(image, _uniform(count, random, 0, settings.blur))
        if settings.gamma > 0:
            power = each(torch.exp(_uniform(count, random, -settings.gamma, settings.gamma)))
            image = image.sign() * image.abs().pow(power)
        if settings.contrast > 0 or settings.brightness > 0:
            factor = each(1 + _uniform(count, random, -settings.contrast, settings.contrast))
            shift = each(_uniform(count, random, -settings.brightness, settings.brightness))
            mean = image.mean(dim=(2, 3), keepdim=True)
            image = (image - mean) * factor + (mean + shift)
        if settings.noise > 0:
            strength = each(_uniform(count, random, 0, settings.noise))
            noise = torch.randn(image.shape, generator=random).to(device)
            image = torch.addcmul(image, noise, strength)
        return image


def _uniform(count: int, random: torch.Generator, low: float, high: float) -> Tensor:
    return (
        torch.empty(count).uniform_(low, high, generator=random) if high > low else torch.full((count,), low)
    )


def _blurred(image: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image by a Gaussian of its own, one axis after the other."""
    count, channels = image.shape[:2]
    radius = min(max(1, math.ceil(2 * float(sigma.max()))), min(image.shape[2:]) - 1)
    distance = torch.arange(-radius, radius + 1, dtype=image.dtype)
    kernels = torch.exp(-0.5 * (distance / sigma.clamp_min(1e-3)[:, None]) ** 2)
    kernels = kernels / kernels.sum(dim=1, keepdim=True)
    kernels = kernels.repeat_interleave(channels, dim=0).to(image.device)
    flat = F.pad(image.reshape(1, count * channels, *image.shape[2:]), (radius,) * 4, mode="reflect")
    flat = F.conv2d(flat, kernels[:, None, :, None], groups=count * channels)
    flat = F.conv2d(flat, kernels[:, None, None, :], groups=count * channels)
    return flat.view(image.shape)
