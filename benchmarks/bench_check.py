"""How long the data check takes for 500 pairs of 512 x 512 pixels, and how much memory.

The pairs are cut out of BBBC030 and A549 at random places: each is real, and many overlap.

"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from reporting import data_folder, report
from skimage.io import imsave

from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.images.reading import open_image
from napari_cytounet.quality.checking import check
from napari_cytounet.settings import MaskKind, MaskSettings

COUNT, SIDE = 500, 512


def cut_pairs(folder: Path) -> None:
    """Write the pairs."""
    data = data_folder()
    pairs = [
        pair
        for images, masks in (
            ("bbbc030/train/images", "bbbc030/train/new_outlines"),
            ("bbbc030/validation/images", "bbbc030/validation/new_outlines"),
            ("a549/images", "a549/masks"),
        )
        for pair in find_pairs(data / images, data / masks).training
    ]
    opened = [(open_image(pair.image).read()[0], open_image(pair.mask).read()[0]) for pair in pairs]
    random = np.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(COUNT):
        image, mask = opened[number % len(opened)]
        top, left = (int(random.integers(0, length - SIDE + 1)) for length in mask.shape)
        box = slice(top, top + SIDE), slice(left, left + SIDE)
        imsave(folder / "images" / f"{number:03}.tif", image[box], check_contrast=False)
        imsave(
            folder / "masks" / f"{number:03}.tif",
            (mask[box] > 0).astype(np.uint8) * 255,
            check_contrast=False,
        )


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cut_pairs(folder)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        settings = MaskSettings(masks=MaskKind.BINARY)
        found = check(folder / "images", folder / "masks", mask_settings=settings).findings
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = {
        "pairs": COUNT,
        "pixels": f"{SIDE} x {SIDE}",
        "seconds": round(seconds, 1),
        "findings": len(found),
        "memory at the most, MB": round(after / 1024),
        "before, MB": round(before / 1024),
    }
    report("check", [row])


if __name__ == "__main__":
    main()
