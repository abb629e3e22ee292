"""Faults of single images."""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi
from skimage.transform import resize

from planted.carrier import Carrier, Pixels

Random = np.random.Generator


def blur(carrier: Carrier, name: str, sigma: float, random: Random) -> set[str]:
    """Put the image out of focus by `sigma` pixels; its noise stays, as that of a camera does."""
    image = carrier.images[name].astype(float)
    sigmas = (sigma, sigma, 0)[: image.ndim]
    noise = random.normal(0, _noise(image), image.shape)
    carrier.images[name] = _like(ndi.gaussian_filter(image, sigmas) + noise, carrier.images[name])
    return {name}


def fade(carrier: Carrier, name: str, left: float, random: Random) -> set[str]:
    """Leave a share of the contrast; the noise stays."""
    image = carrier.images[name].astype(float)
    noise = random.normal(0, _noise(image), image.shape)
    faded = np.median(image) + left * (ndi.gaussian_filter(image, (1, 1, 0)[: image.ndim]) - np.median(image))
    carrier.images[name] = _like(faded + noise, carrier.images[name])
    return {name}


def saturate(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Expose so long that a share of the pixels reaches the end of the range."""
    image = carrier.images[name].astype(float)
    top = _top(carrier.images[name])
    level = max(np.quantile(image, 1 - share), 1)
    carrier.images[name] = _like(image * (top / level), carrier.images[name])
    return {name}


def break_pixels(carrier: Carrier, name: str, per_megapixel: float, random: Random) -> set[str]:
    """Make single pixels hot (the end of the range) or dead (0)."""
    image = carrier.images[name].copy()
    count = max(6, round(per_megapixel * image.shape[0] * image.shape[1] / 1e6))
    rows, columns = (random.integers(1, length - 1, count) for length in image.shape[:2])
    top = min(_top(image), 2 * int(image.max()))
    image[rows, columns] = top
    image[rows[::2], columns[::2]] = 0
    carrier.images[name] = image
    return {name}


def shade(carrier: Carrier, name: str, corner: float, random: Random) -> set[str]:
    """Let the light fall off to a share of it in one corner."""
    image = carrier.images[name].astype(float)
    y, x = (np.linspace(0, 1, length) for length in image.shape[:2])
    light = 1 - (1 - corner) * (y[:, None] + x[None]) / 2
    dark = np.quantile(image, 0.001) * 0.5  # what the camera reads without light
    shaded = dark + (image - dark) * (light[..., None] if image.ndim == 3 else light)
    carrier.images[name] = _like(shaded, carrier.images[name])
    return {name}


def rescale_values(carrier: Carrier, name: str, factor: float, random: Random) -> set[str]:
    """Divide all values by a factor, as another exposure or a conversion of bits does."""
    carrier.images[name] = _like(carrier.images[name] / factor, carrier.images[name])
    return {name}


def deepen(carrier: Carrier, name: str, bits: float, random: Random) -> set[str]:
    """Store the image with more bits than the others."""
    image = carrier.images[name]
    if image.dtype == np.uint8:
        carrier.images[name] = (image.astype(np.float64) * (2**bits - 1) / 255).astype(np.uint16)
    else:
        carrier.images[name] = np.clip(image / max(image.max(), 1) * 255, 0, 255).astype(np.uint8)
    return {name}


def colour(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Save grey as RGB."""
    carrier.images[name] = np.repeat(carrier.images[name][..., None], 3, axis=2)
    return {name}


def pad(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Fill a share of the width on two sides with black; the mask is 0 there."""
    image, mask = carrier.images[name].copy(), carrier.masks[name].copy()
    rows, columns = (max(1, round(share * length)) for length in mask.shape)
    for pixels in (image, mask):
        pixels[:rows] = 0
        pixels[:, -columns:] = 0
    carrier.images[name], carrier.masks[name] = image, mask
    return {name}


def blank(carrier: Carrier, name: str, noise: float, random: Random) -> set[str]:
    """Leave nothing but an even grey and noise of so many grey levels."""
    image = carrier.images[name]
    even = np.median(image) + random.normal(0, 1, image.shape) * noise
    carrier.images[name] = _like(even, image)
    return {name}


def magnify(carrier: Carrier, name: str, factor: float, random: Random) -> set[str]:
    """Take the image, and its mask, at another magnification."""
    image, mask = carrier.images[name], carrier.masks[name]
    shape = tuple(round(length * factor) for length in mask.shape)
    middle = tuple(
        slice((new - old) // 2, (new - old) // 2 + old) for new, old in zip(shape, mask.shape, strict=True)
    )
    larger = resize(image.astype(float), (*shape, *image.shape[2:]), order=1)
    carrier.images[name] = _like(larger, image)[middle]
    carrier.masks[name] = resize(mask, shape, order=0, preserve_range=True, anti_aliasing=False)[middle]
    return {name}


def mislabel_pixel_size(carrier: Carrier, name: str, factor: float, random: Random) -> set[str]:
    """Give all images a pixel size in their metadata, and this one another."""
    carrier.pixel_sizes = dict.fromkeys(carrier.images, 0.5) | {name: 0.5 * factor}
    return {name}


def _noise(image: Pixels) -> float:
    """Return the standard deviation of the noise (Immerkær, Fast noise variance estimation, 1996)."""
    grey = image if image.ndim == 2 else image.mean(axis=2)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    return float(np.median(np.abs(ndi.convolve(grey, kernel))) / 0.6745 / 6)


def _top(image: Pixels) -> int:
    return int(np.iinfo(image.dtype).max)


def _like(values: Pixels, image: Pixels) -> Pixels:
    return np.clip(np.rint(values), 0, _top(image)).astype(image.dtype)
