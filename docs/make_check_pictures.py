"""Makes the example pictures of docs/data-check.md: every fault planted into a field of DSB 2018 (CC0).

`python docs/make_check_pictures.py` writes docs/images/check/CODE.png: at the left the image with the
outlines of its mask as they are, at the right with the fault.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from skimage.transform import resize

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from planted import FAULTS, Carrier, Fault, carrier_of  # noqa: E402
from planted.carrier import objects_of  # noqa: E402

from napari_cytounet.images.pairing import Pair  # noqa: E402

PICTURES = Path(__file__).parent / "images" / "check"
NAMES = ("2e172afb1f43b359", "1b6044e4858a9b7c", "1d4a5e729bb96b08")
SIDE = 200
BINARY = {"mask-inverted", "mask-outlines", "mask-grey"}


def main() -> None:
    """Plant every fault and draw it."""
    folder = Path(os.environ.get("CYTOUNET_DATA", ROOT.parent / "shared" / "data")) / "dsb2018" / "fluo"
    nuclei = carrier_of(
        [Pair(folder / "images" / f"{name}.tif", folder / "masks" / f"{name}.tif") for name in NAMES]
    )
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn: set[str] = set()
    for fault in FAULTS:
        if fault.code not in drawn:
            draw(fault, nuclei)
            drawn.add(fault.code)


def draw(fault: Fault, nuclei: Carrier) -> None:
    """Write the picture of one kind of fault."""
    carrier = nuclei.copy()
    if fault.code in BINARY or "instances" not in fault.kinds:
        carrier.masks = {
            name: np.where(mask > 0, 255, 0).astype(np.uint8) for name, mask in carrier.masks.items()
        }
    before = panel(carrier.images[NAMES[0]], carrier.masks[NAMES[0]])
    fault.plant(carrier, NAMES[0], fault.clear, np.random.default_rng(0))
    names = [name for name in carrier.held_images if name.startswith(NAMES[0])] or [NAMES[0]]
    images = carrier.held_images if carrier.held_images else carrier.images
    masks = carrier.held_masks if carrier.held_masks else carrier.masks
    after = panel(images.get(names[0]), masks.get(names[0]), as_mask=fault.code.startswith("mask-"))
    gap = np.full((SIDE, 6, 3), 255, np.uint8)
    row = np.concatenate([before, gap, after], axis=1)
    PilImage.fromarray(row).quantize(48).save(PICTURES / f"{fault.code}.png", optimize=True)


def panel(
    image: NDArray[np.generic] | None, mask: NDArray[np.generic] | None, *, as_mask: bool = False
) -> NDArray[np.uint8]:
    """Draw an image with the outlines of its mask, or the mask alone; what is missing stays grey."""
    shown = mask if as_mask and mask is not None else image
    if shown is None:
        return np.full((SIDE, SIDE, 3), 190, np.uint8)
    grey = (shown if shown.ndim == 2 else shown.mean(axis=2)).astype(float)
    top = 255.0 if shown.dtype == np.uint8 and not as_mask else max(float(grey.max()), 1.0)
    scale = min(SIDE / grey.shape[0], SIDE / grey.shape[1])
    shape = tuple(max(1, round(length * scale)) for length in grey.shape)
    small = resize(np.clip(grey / top, 0, 1), shape, order=1)
    if as_mask:
        small = resize(np.clip(grey / top, 0, 1) ** 0.5, shape, order=0)
    colour = np.repeat((np.sqrt(small) if not as_mask else small)[..., None], 3, axis=2)
    if mask is not None and not as_mask:
        labels = resize(objects_of(mask), shape, order=0, preserve_range=True, anti_aliasing=False).astype(
            int
        )
        rim = np.zeros(shape, bool)
        rim[1:] |= labels[1:] != labels[:-1]
        rim[:, 1:] |= labels[:, 1:] != labels[:, :-1]
        colour[rim] = (0.9, 0.6, 0.0)
    whole = np.full((SIDE, SIDE, 3), 190, np.uint8)
    whole[: shape[0], : shape[1]] = (255 * colour).astype(np.uint8)
    return whole


if __name__ == "__main__":
    main()
