"""Real pairs in memory, into which a fault is planted and which are then written to a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from skimage.measure import label, regionprops

from napari_cytounet.images.pairing import Pair
from napari_cytounet.images.reading import open_image

Pixels = NDArray[Any]


@dataclass
class Carrier:
    """Images and masks by name, those of a validation set, and pixel sizes for the metadata.

    Attributes
    ----------
    images, masks, held_images, held_masks
        (Y, X) or (Y, X, 3).
    pixel_sizes
        Micrometres; files of other names have none.
    jpeg
        JPEG quality at which a mask is compressed before it is written, by name.
    options
        Of `check`, such as the kind of mask that the user names.
    """

    images: dict[str, Pixels]
    masks: dict[str, Pixels]
    held_images: dict[str, Pixels] = field(default_factory=dict)
    held_masks: dict[str, Pixels] = field(default_factory=dict)
    pixel_sizes: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> Carrier:
        """Return a copy whose tables can be changed; arrays are replaced, never written to."""
        return Carrier(
            dict(self.images),
            dict(self.masks),
            dict(self.held_images),
            dict(self.held_masks),
            dict(self.pixel_sizes),
            dict(self.options),
        )

    def binary(self) -> Carrier:
        """Return a copy whose masks hold 0 and 255."""
        binary = self.copy()
        binary.masks = {
            name: np.where(mask > 0, 255, 0).astype(np.uint8) for name, mask in self.masks.items()
        }
        return binary

    def write(self, folder: Path) -> None:
        """Write `images`, `masks` and, if there are any, `validation/images` and `validation/masks`."""
        tables = {
            "images": self.images,
            "masks": self.masks,
            "validation/images": self.held_images,
            "validation/masks": self.held_masks,
        }
        for name, table in tables.items():
            for stem, pixels in table.items():
                (folder / name).mkdir(parents=True, exist_ok=True)
                size = self.pixel_sizes.get(stem)
                metadata = {"axes": "YXS" if pixels.ndim == 3 else "YX"}
                if size is not None:
                    metadata |= {"PhysicalSizeX": size, "PhysicalSizeY": size}  # type: ignore[dict-item]
                tifffile.imwrite(
                    folder / name / f"{stem}.ome.tif",
                    pixels,
                    photometric="rgb" if pixels.ndim == 3 else "minisblack",
                    metadata=metadata,
                )


def carrier_of(pairs: Sequence[Pair], side: int | None = None) -> Carrier:
    """Read pairs, each cut to its middle square of `side` pixels if that is given."""
    images, masks = {}, {}
    for pair in pairs:
        image, mask = open_image(pair.image).read(), open_image(pair.mask).read()[0]
        pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
        box = tuple(_middle(length, side) for length in mask.shape)
        images[pair.name], masks[pair.name] = pixels[box], mask[box]
    return Carrier(images, masks)


def objects_of(mask: Pixels) -> Pixels:
    """Return each object a number: the labels of instances, else connected regions."""
    return mask if len(np.unique(mask)) > 2 else label(mask > 0, connectivity=2)


def median_diameter(mask: Pixels) -> float:
    """Return the diameter of a circle with the median area of the objects."""
    areas = [region.area for region in regionprops(objects_of(mask))]
    return float(np.sqrt(4 / np.pi * np.median(areas))) if areas else 20.0


def foreground_value(mask: Pixels) -> int:
    """Return a value for new foreground: a new number among instances, else that of the foreground."""
    highest = int(mask.max())
    return highest + 1 if len(np.unique(mask)) > 2 else max(highest, 1)


def _middle(length: int, side: int | None) -> slice:
    if side is None or length <= side:
        return slice(None)
    start = (length - side) // 2
    return slice(start, start + side)
