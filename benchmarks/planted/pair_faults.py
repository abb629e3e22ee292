"""Faults between images and masks, and between the images of a set."""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi

from planted.carrier import Carrier, Pixels, median_diameter

Random = np.random.Generator


def lose_mask(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Take a mask away."""
    del carrier.masks[name]
    return {name}


def lose_image(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Take an image away."""
    del carrier.images[name]
    return {name}


def resize_mask(carrier: Carrier, name: str, lost: float, random: Random) -> set[str]:
    """Cut so many rows off the mask (a share of them below 1)."""
    mask = carrier.masks[name]
    carrier.masks[name] = mask[: -round(lost * len(mask) if lost < 1 else lost)]
    return {name}


def shift_mask(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Shift the mask by a share of the diameter: at least 10 pixels, or 4 below a third."""
    mask = carrier.masks[name]
    distance = max(10 if share > 1 / 3 else 4, share * median_diameter(mask))
    angle = random.uniform(0, 2 * np.pi)
    moved = (round(distance * np.sin(angle)), round(distance * np.cos(angle)))
    carrier.masks[name] = ndi.shift(mask, moved, order=0)
    return {name}


def reuse_mask(carrier: Carrier, name: str, eroded: float, random: Random) -> set[str]:
    """Give the image the mask of another image of the same size, eroded by so many pixels."""
    shape = carrier.masks[name].shape
    others = [other for other in carrier.masks if other != name and carrier.masks[other].shape == shape]
    other = str(random.choice(others))
    mask = carrier.masks[other]
    carrier.masks[name] = mask * ndi.binary_erosion(mask > 0, iterations=int(eroded)) if eroded else mask
    return {name, other}


def duplicate(carrier: Carrier, name: str, noise: float, random: Random) -> set[str]:
    """Add the image, and its mask, once more; brighter by a tenth and noisier by a share of its range."""
    copy = f"{name}_copy"
    carrier.images[copy] = _again(carrier.images[name], noise, random)
    carrier.masks[copy] = carrier.masks[name]
    return {name, copy}


def leak_flipped(carrier: Carrier, name: str, noise: float, random: Random) -> set[str]:
    """Put the image, flipped, into the validation set."""
    return _hold(carrier, name, (slice(None), slice(None)), noise, random, flip=True)


def leak_crop(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Put a crop of the image, of a share of its sides, into the validation set."""
    mask = carrier.masks[name]
    lengths = [round(length * share) for length in mask.shape]
    starts = [
        int(random.integers(0, size - length + 1)) for size, length in zip(mask.shape, lengths, strict=True)
    ]
    top, left = starts
    box = slice(top, top + lengths[0]), slice(left, left + lengths[1])
    return _hold(carrier, name, box, 0, random, flip=share < 0.6)


def leak_neighbour(carrier: Carrier, name: str, movement: float, random: Random) -> set[str]:
    """Put the next frame into the validation set: everything moved a little, each part in its own way."""
    image, mask = carrier.images[name], carrier.masks[name]
    fields = [ndi.gaussian_filter(random.normal(size=mask.shape), 20) for _ in range(2)]
    places = [
        axis + movement * field / field.std()
        for axis, field in zip(np.indices(mask.shape), fields, strict=True)
    ]
    moved = [
        ndi.map_coordinates(channel.astype(float), places, order=1, mode="nearest")
        for channel in (image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0))
    ]
    frame = moved[0] if image.ndim == 2 else np.stack(moved, axis=-1)
    carrier.held_images[f"{name}_next"] = _again(frame, 0.01, random, dtype=image.dtype)
    carrier.held_masks[f"{name}_next"] = ndi.map_coordinates(mask, places, order=0, mode="nearest")
    _fill_up(carrier, name)
    return {name, f"{name}_next"}


def _hold(
    carrier: Carrier, name: str, box: tuple[slice, slice], noise: float, random: Random, *, flip: bool
) -> set[str]:
    image, mask = carrier.images[name][box], carrier.masks[name][box]
    if flip:
        image, mask = np.flip(image, axis=1), np.flip(mask, axis=1)
    carrier.held_images[f"{name}_held"] = _again(image, noise, random) if noise else image
    carrier.held_masks[f"{name}_held"] = mask
    _fill_up(carrier, name)
    return {name, f"{name}_held"}


def _fill_up(carrier: Carrier, name: str) -> None:
    """Move another image into the validation set, so that it is not the leaked one alone."""
    other = next(stem for stem in carrier.images if stem != name)
    carrier.held_images[other] = carrier.images.pop(other)
    carrier.held_masks[other] = carrier.masks.pop(other)


def _again(image: Pixels, noise: float, random: Random, dtype: np.dtype | None = None) -> Pixels:  # type: ignore[type-arg]
    kind = dtype or image.dtype
    if not noise:
        return image.astype(kind)
    spread = float(np.ptp(np.percentile(image, [1, 99])))
    again = 1.1 * image + random.normal(0, noise * spread, image.shape)
    return np.clip(np.rint(again), 0, np.iinfo(kind).max).astype(kind)
