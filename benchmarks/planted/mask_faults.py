"""Faults of single masks, and of the object outlines in them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import scipy.ndimage as ndi
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont
from skimage.draw import disk, line
from skimage.measure import regionprops
from skimage.segmentation import expand_labels, find_boundaries

from planted.carrier import Carrier, Pixels, foreground_value, median_diameter, objects_of

Random = np.random.Generator


def invert(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Swap foreground and background of one mask."""
    carrier.masks[name] = np.where(carrier.masks[name] > 0, 0, 255).astype(np.uint8)
    return {name}


def invert_all(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Swap foreground and background of all masks."""
    for mask in carrier.masks:
        invert(carrier, mask, 0, random)
    return set(carrier.masks)


def outline(carrier: Carrier, name: str, width: float, random: Random) -> set[str]:
    """Leave of each object a ring of so many pixels."""
    objects = objects_of(carrier.masks[name])
    rim = find_boundaries(objects, mode="inner")
    if width > 1:
        rim = ndi.binary_dilation(rim, iterations=round(width) - 1) & (objects > 0)
    carrier.masks[name] = np.where(rim, 255, 0).astype(np.uint8)
    return {name}


def outline_all(carrier: Carrier, name: str, width: float, random: Random) -> set[str]:
    """Leave of each object in all masks a ring."""
    for mask in carrier.masks:
        outline(carrier, mask, width, random)
    return set(carrier.masks)


def open_ring(carrier: Carrier, name: str, gap: float, random: Random) -> set[str]:
    """Replace one large object by a ring with a gap: a share of its outline, or 2 pixels for 0."""
    mask = carrier.masks[name].copy()
    objects = objects_of(mask)
    region = max(_inner_regions(objects), key=lambda region: region.area)
    inside = objects == region.label
    rim = inside & ~ndi.binary_erosion(inside, iterations=2)
    y, x = (axis - centre for axis, centre in zip(np.nonzero(rim), region.centroid, strict=True))
    angle = (np.arctan2(y, x) - random.uniform(0, 2 * np.pi)) % (2 * np.pi)
    width = 2 * np.pi * gap if gap else 2 / np.sqrt(region.area / np.pi)
    cut = np.zeros_like(inside)
    cut[rim] = angle < width
    value = mask[inside].max()
    mask[inside] = 0
    mask[rim & ~cut] = value
    carrier.masks[name] = mask
    return {name}


def merge(carrier: Carrier, name: str, count: float, random: Random) -> set[str]:
    """Join neighbours into one object by bridges a third of a diameter wide."""
    mask = carrier.masks[name].copy()
    objects = objects_of(mask)
    regions = regionprops(objects)
    centres = np.array([region.centroid for region in regions])
    distances = np.hypot(*(centres[:, None] - centres).transpose(2, 0, 1))
    first = int(np.argmin(np.sort(distances, axis=1)[:, : int(count)].sum(axis=1)))
    chosen = np.argsort(distances[first])[: int(count)]
    bridge = np.zeros(mask.shape, bool)
    for other in chosen[1:]:
        bridge[line(*centres[first].astype(int), *centres[other].astype(int))] = True
    bridge = ndi.binary_dilation(bridge, iterations=max(1, round(median_diameter(mask) / 6)))
    joined = bridge | np.isin(objects, [regions[index].label for index in chosen])
    mask[joined] = mask[objects == regions[first].label].max()
    carrier.masks[name] = mask
    return {name}


def add_specks(carrier: Carrier, name: str, count: float, random: Random) -> set[str]:
    """Scatter foreground specks of 1 to 4 pixels over the background."""
    mask = carrier.masks[name].astype(np.int32)
    free = np.argwhere(ndi.distance_transform_edt(mask == 0) > 5)
    for y, x in random.permutation(free)[: int(count)]:
        value = foreground_value(mask)
        mask[y : y + random.integers(1, 3), x : x + random.integers(1, 3)] = value
    carrier.masks[name] = mask.astype(np.uint16 if mask.max() > 255 else carrier.masks[name].dtype)
    return {name}


def add_holes(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Make a hole of 3 % of its area in a share of the objects, in one at least."""
    mask = carrier.masks[name].copy()
    regions = _inner_regions(objects_of(mask))
    for region in random.permutation(np.array(regions, dtype=object))[: max(1, round(share * len(regions)))]:
        depth = ndi.distance_transform_edt(np.pad(region.image, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        radius = max(1.5, np.sqrt(0.03 * region.area / np.pi))
        top, left = region.bbox[:2]
        mask[disk((y + top, x + left), radius, shape=mask.shape)] = 0
    carrier.masks[name] = mask
    return {name}


def crop_to_cut(carrier: Carrier, name: str, side: float, random: Random) -> set[str]:
    """Crop so tightly, to so many diameters a side, that most objects touch the border."""
    length = max(24, round(side * median_diameter(carrier.masks[name])))
    mask = carrier.masks[name]
    filled = ndi.uniform_filter((mask > 0).astype(float), min(length, *mask.shape))
    y, x = np.unravel_index(int(filled.argmax()), filled.shape)
    top, left = (
        int(np.clip(at - length // 2, 0, max(0, size - length)))
        for at, size in zip((y, x), mask.shape, strict=True)
    )
    box = slice(top, top + length), slice(left, left + length)
    carrier.images[name], carrier.masks[name] = carrier.images[name][box], mask[box]
    return {name}


def compress(carrier: Carrier, name: str, quality: float, random: Random) -> set[str]:
    """Save the mask as a JPEG of this quality in between."""
    binary = np.where(carrier.masks[name] > 0, 255, 0).astype(np.uint8)
    file = BytesIO()
    PilImage.fromarray(binary).save(file, "JPEG", quality=int(quality))
    carrier.masks[name] = np.asarray(PilImage.open(file))
    return {name}


def add_giant(carrier: Carrier, name: str, times: float, random: Random) -> set[str]:
    """Paint over a disk of so many times the median area, as a slip with the fill tool does."""
    mask = carrier.masks[name].astype(np.int32)
    radius = min(median_diameter(mask) / 2 * np.sqrt(times), min(mask.shape) / 2.2)
    value = foreground_value(mask)
    y, x = (random.uniform(radius, length - radius) for length in mask.shape)
    mask[disk((y, x), radius, shape=mask.shape)] = value
    carrier.masks[name] = mask.astype(np.uint16 if mask.max() > 255 else carrier.masks[name].dtype)
    return {name}


def empty(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Take all foreground away."""
    carrier.masks[name] = np.zeros_like(carrier.masks[name])
    return {name}


def fill(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Make everything foreground."""
    carrier.masks[name] = np.full_like(carrier.masks[name], max(1, carrier.masks[name].max()))
    return {name}


def widen(carrier: Carrier, name: str, share: float, random: Random) -> set[str]:
    """Draw all outlines too far out: by a share of the diameter and at least 4 pixels, or by 2 for 0."""
    mask = carrier.masks[name]
    width = max(4, share * median_diameter(mask)) if share else 2
    carrier.masks[name] = expand_labels(objects_of(mask), width).astype(mask.dtype)
    if len(np.unique(mask)) <= 2:
        carrier.masks[name] = np.where(carrier.masks[name] > 0, mask.max(), 0).astype(mask.dtype)
    return {name}


def stamp_image(carrier: Carrier, name: str, height: float, random: Random) -> set[str]:
    """Burn a time stamp of so many pixels into the image: white, or of half the contrast below 10."""
    image = carrier.images[name].copy()
    white = int(image.max()) if height >= 10 else int((image.max() + np.median(image)) / 2)
    image[_text(image.shape[:2], height)] = white
    carrier.images[name] = image
    return {name}


def stamp_mask(carrier: Carrier, name: str, height: float, random: Random) -> set[str]:
    """Let a time stamp of so many pixels become foreground."""
    mask = carrier.masks[name].copy()
    mask[_text(mask.shape, height)] = mask.max()
    carrier.masks[name] = mask
    return {name}


def name_classes(carrier: Carrier, name: str, _: float, random: Random) -> set[str]:
    """Say of masks whose values are objects that they are classes."""
    for stem, mask in carrier.masks.items():
        objects = objects_of(mask)
        carrier.masks[stem] = np.where(objects > 250, 0, objects).astype(np.uint8)
    carrier.options["kind"] = "classes"
    return set(carrier.masks)


def _text(shape: tuple[int, ...], height: float) -> Pixels:
    drawn = PilImage.new("L", (shape[1], shape[0]))
    font = ImageFont.load_default(size=height)
    ImageDraw.Draw(drawn).text((6, shape[0] - 2 * height), "2026-11-25 10:42", fill=255, font=font)
    return np.asarray(drawn) > 127


def _inner_regions(objects: Pixels) -> list:  # type: ignore[type-arg]
    """Return the objects that the border does not cut, of at least half the median area."""
    regions = regionprops(objects)
    least = np.median([region.area for region in regions]) / 2
    height, width = objects.shape
    return [
        region
        for region in regions
        if region.area >= least
        and min(region.bbox[:2]) > 0
        and region.bbox[2] < height
        and region.bbox[3] < width
    ] or regions
