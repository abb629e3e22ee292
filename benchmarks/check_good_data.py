"""Runs the data check on every folder of real data, and draws what has to be looked at to judge it.

Writes `results/check_data.json` (findings by folder and code) and, for the three sets that are to be quiet,
contact sheets of all images with a finding of high severity and of fifty others, drawn once with seed 0. They
were looked at; `true_faults.json` is what was seen.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from reporting import RESULTS, data_folder, machine
from skimage.segmentation import find_boundaries
from skimage.transform import resize

from napari_cytounet.images.reading import open_image
from napari_cytounet.quality.checking import CheckResult, check
from napari_cytounet.quality.inputs import CheckedFile, gather_files
from napari_cytounet.quality.severities import Severity
from napari_cytounet.settings import MaskKind, MaskSettings

SHEETS = Path(__file__).parents[1] / "docs" / "images" / "check"
SIDE, ACROSS = 128, 10


@dataclass(frozen=True)
class CheckedSet:
    """A folder of real data: images, masks, the kind that is named, and whether it is to be quiet."""

    images: str
    masks: str
    kind: MaskKind | None = None
    quiet: bool = False


SETS = {
    "dsb2018 fluo": CheckedSet("dsb2018/fluo/images", "dsb2018/fluo/masks", MaskKind.INSTANCES, quiet=True),
    "usiigaci phase": CheckedSet(
        "usiigaci_phase/images", "usiigaci_phase/masks", MaskKind.INSTANCES, quiet=True
    ),
    "bbbc030 train": CheckedSet("bbbc030/train/images", "bbbc030/train/new_outlines", quiet=True),
    "bbbc030 validation": CheckedSet(
        "bbbc030/validation/images", "bbbc030/validation/new_outlines", quiet=True
    ),
    "bbbc030 outlines": CheckedSet("bbbc030/train/images", "bbbc030/train/outlines"),
    "bbbc003": CheckedSet("bbbc003/images", "bbbc003/truth"),
    "a549": CheckedSet("a549/images", "a549/masks"),
    "isbi2012": CheckedSet("isbi2012/image", "isbi2012/label"),
    "dsb2018 histo": CheckedSet("dsb2018/histo_rgb/images", "dsb2018/histo_rgb/masks", MaskKind.INSTANCES),
    "wbc2": CheckedSet("wbc2/images", "wbc2/masks", MaskKind.CLASSES),
    "qcanet": CheckedSet("qcanet_embryo_zyx/images", "qcanet_embryo_zyx/masks"),
    "ctc cho": CheckedSet("ctc_cho_tzyx/image.tif", "ctc_cho_tzyx/mask.tif", MaskKind.INSTANCES),
    "stardist demo": CheckedSet("stardist_demo/images", "stardist_demo/masks", MaskKind.INSTANCES),
}


def main(names: list[str]) -> None:
    """Check all sets, or those that are named."""
    file = RESULTS / "check_data.json"
    rows = json.loads(file.read_text())["rows"] if file.exists() else {}
    for name in names or SETS:
        chosen = SETS[name]
        images, masks = data_folder() / chosen.images, data_folder() / chosen.masks
        settings = MaskSettings(masks=chosen.kind)
        result = check(images, masks, mask_settings=settings)
        counts = Counter(f"{finding.severity} {finding.code}" for finding in result.findings)
        high = sorted(
            {
                (finding.where.file.stem, finding.code)
                for finding in result.findings
                if finding.severity is Severity.HIGH
            }
        )
        rows[name] = {
            "images": result.images,
            "findings": dict(counts),
            "high": [list(entry) for entry in high],
        }
        print(name, result.images, dict(counts), *high, sep="\n  ", flush=True)
        if chosen.quiet:
            draw_sheets(name.replace(" ", "-"), gather_files(images, masks, None, "auto").files, result)
    content = {"machine": machine(), "date": date.today().isoformat(), "rows": rows}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def draw_sheets(name: str, files: list[CheckedFile], result: CheckResult) -> None:
    """Write one sheet of the images with a finding of high severity, and one of fifty others."""
    flagged = {
        place
        for finding in result.findings
        if finding.severity is Severity.HIGH
        for place in (finding.where.file, *finding.others)
    }
    bad = [file for file in files if {file.image, file.mask} & flagged]
    others = [file for file in files if file not in bad]
    drawn = np.random.default_rng(0).permutation(len(others))[:50]
    for what, chosen in (("flagged", bad), ("others", [others[number] for number in sorted(drawn)])):
        if chosen:
            sheet(chosen).quantize(32).save(SHEETS / f"sheet-{name}-{what}.png", optimize=True)
            print(f"  {what}: {[file.image.stem for file in chosen]}")


def sheet(files: list[CheckedFile]) -> PilImage.Image:
    """Draw pairs in rows of ten."""
    tiles = [tile(file) for file in files]
    tiles += [np.full((SIDE, SIDE, 3), 255, np.uint8)] * (-len(tiles) % ACROSS)
    rows = [np.concatenate(tiles[at : at + ACROSS], axis=1) for at in range(0, len(tiles), ACROSS)]
    return PilImage.fromarray(np.concatenate(rows))


def tile(file: CheckedFile) -> NDArray[np.uint8]:
    """Draw an image with the outlines of its mask."""
    grey = open_image(file.image).read().mean(axis=0)
    low, high = np.percentile(grey, [0.5, 99.8])
    scale = SIDE / max(grey.shape)
    shape = tuple(max(1, round(length * scale)) for length in grey.shape)
    small = resize(np.clip((grey - low) / max(high - low, 1e-9), 0, 1), shape, anti_aliasing=True)
    colour = np.repeat(np.sqrt(small)[..., None], 3, axis=2)
    if file.mask is not None:
        mask = open_image(file.mask).read()[0]
        mask = mask[:: max(1, round(1 / scale / 2)), :: max(1, round(1 / scale / 2))]
        labels = resize(mask.astype(float), shape, order=0, preserve_range=True, anti_aliasing=False)
        colour[find_boundaries(labels.astype(int), mode="inner")] = (0.9, 0.4, 0.0)
    whole = np.full((SIDE, SIDE, 3), 0.5)
    whole[: shape[0], : shape[1]] = colour
    return (255 * whole).astype(np.uint8)


if __name__ == "__main__":
    main(sys.argv[1:])
