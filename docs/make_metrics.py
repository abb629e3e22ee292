"""Makes the figures of docs/know-your-metrics.md from real images, in the folder CYTOUNET_DATA.

Segmentations are changed in known ways, and what each score makes of it goes into the table of the page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from make_pictures import PICTURES, shades
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, shift
from skimage.draw import line
from skimage.io import imsave
from skimage.measure import label, regionprops
from skimage.morphology import dilation, disk
from skimage.segmentation import expand_labels, find_boundaries

from napari_cytounet import open_image
from napari_cytounet.images.truth import Truth
from napari_cytounet.measurement.image_scores import pooled_scores, score_image
from napari_cytounet.runs.report.examples import COLOURS, INVENTED, MISSED, TRUE
from napari_cytounet.runs.report.pictures import compare

PAGE = Path(__file__).parent / "know-your-metrics.md"
SCORES = {
    "dice": "Dice",
    "iou": "IoU",
    "boundary_f1": "boundary F1",
    "average_precision": "AP at IoU 0.5",
    "strict": "AP at IoU 0.9",
    "accuracy": "accuracy",
}
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Field:
    """A part of a real image with its true objects."""

    name: str
    what: str
    image: NDArray[np.generic]
    truth: Labels


def fields(data: Path) -> list[Field]:
    """Return a field of large cells and one of small nuclei."""
    cho = "cho14"
    box = (slice(0, 520), slice(647, 1167))
    grey = open_image(data / "bbbc030" / "validation" / "images" / f"{cho}.png").read()[0][box]
    mask = open_image(data / "bbbc030" / "validation" / "new_outlines" / f"{cho}.png").read()[0][box]
    cells = Field("cells", "cells, DIC (BBBC030)", grey, without_specks(label(mask > 0, connectivity=2)))
    masks = sorted((data / "dsb2018" / "fluo" / "masks").iterdir())
    return [cells, nuclei(data / "dsb2018" / "fluo" / "images", masks)]


def nuclei(images: Path, masks: list[Path]) -> Field:
    """Return the first field of 256 x 256 pixels that holds 25 to 35 nuclei."""
    for mask in masks:
        truth = open_image(mask).read()[0].astype(np.int32)
        if truth.shape == (256, 256) and 25 <= len(np.unique(truth)) - 1 <= 35:
            image = open_image(images / mask.name).read()[0]
            return Field("nuclei", "nuclei, fluorescence (DSB 2018)", image, truth)
    raise SystemExit("no field of nuclei was found")


def without_specks(labels: Labels) -> Labels:
    """Return only objects of some size: the scores of a speck say nothing."""
    kept = labels.copy()
    for region in regionprops(labels):
        if region.area < 100:
            kept[labels == region.label] = 0
    return kept.astype(np.int32)


def missed(truth: Labels) -> Labels:
    """Leave out the object of median size."""
    return np.where(truth == _median(truth), 0, truth)


def invented(truth: Labels) -> Labels:
    """Put a copy of the object of median size where the background is widest."""
    region = next(one for one in regionprops(truth) if one.label == _median(truth))
    far = distance_transform_edt(np.pad(truth == 0, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(far.argmax()), far.shape)
    places = region.coords - np.array(region.centroid).astype(int) + [row, column]
    inside = ((places >= 0) & (places < truth.shape)).all(axis=1)
    changed = truth.copy()
    changed[tuple(places[inside].T)] = truth.max() + 1
    return np.where(truth > 0, truth, changed)


def merged(truth: Labels) -> Labels:
    """Join the two objects that are nearest to each other by a bridge."""
    _, first, second, ends = min(_gaps(truth), key=lambda gap: gap[0])
    bridge = np.zeros(truth.shape, bool)
    bridge[line(*ends[0], *ends[1])] = True
    changed = truth.copy()
    changed[dilation(bridge, disk(2)) & (truth == 0)] = first
    changed[truth == second] = first
    return changed


def thin(truth: Labels) -> Labels:
    """Take the outermost pixel from every object."""
    return np.where(find_boundaries(truth, mode="inner", connectivity=1), 0, truth)


def wide(truth: Labels) -> Labels:
    """Add a pixel around every object."""
    return expand_labels(truth, 1)


def moved(truth: Labels) -> Labels:
    """Move everything by two pixels."""
    return shift(truth, (0, 2), order=0)


def nothing(truth: Labels) -> Labels:
    """Find nothing."""
    return np.zeros_like(truth)


def everything(truth: Labels) -> Labels:
    """Call all of it one object."""
    return np.ones_like(truth)


CHANGES: dict[str, Callable[[Labels], Labels]] = {
    "one object missed": missed,
    "one object invented": invented,
    "two objects merged": merged,
    "all one pixel too thin": thin,
    "all one pixel too wide": wide,
    "all moved by two pixels": moved,
    "nothing found": nothing,
    "everything found": everything,
}
PICTURED = ("one object missed", "two objects merged", "all one pixel too thin")


def main() -> None:
    """Change, score, draw, and write the tables into the page."""
    text = PAGE.read_text("utf-8")
    for field in fields(Path(os.environ["CYTOUNET_DATA"])):
        rows = {name: scores(change(field.truth), field.truth) for name, change in CHANGES.items()}
        for name in PICTURED:
            picture = overlay(field, CHANGES[name](field.truth))
            imsave(PICTURES / f"metrics-{field.name}-{name.split()[-1]}.png", picture, check_contrast=False)
        (PICTURES / f"metrics-{field.name}.svg").write_text(chart(rows, field.what), "utf-8")
        table = "\n".join(["", *tabulated(rows), ""])
        marks = f"(<!-- {field.name} -->).*?(<!-- end -->)"
        text = re.sub(marks, lambda found, table=table: found[1] + table + found[2], text, flags=re.DOTALL)
        print(field.what, f"{len(np.unique(field.truth)) - 1} objects", *tabulated(rows), sep="\n")
    PAGE.write_text(text, "utf-8")


def scores(found: Labels, truth: Labels) -> dict[str, float]:
    """Return all scores of a segmentation."""
    sides = [Truth((labels > 0).astype(np.int16), labels.astype(np.int32)) for labels in (found, truth)]
    scored = score_image(*sides, thresholds=(0.5, 0.9))
    strict = scored.objects.matches[1]
    return pooled_scores(scored) | {"strict": float(strict[0] / max(1, strict[:3].sum()))}


def tabulated(rows: dict[str, dict[str, float]]) -> list[str]:
    """Return the scores as a table of Markdown."""
    table = [f"| | {' | '.join(SCORES.values())} |", "| --- |" + " ---: |" * len(SCORES)]
    for name, values in rows.items():
        table.append(f"| {name} | {' | '.join(shown(values[score]) for score in SCORES)} |")
    return table


def shown(value: float) -> str:
    """Return a score with three digits; what is not defined as a dash."""
    return "-" if np.isnan(value) else f"{value:.3f}"


def overlay(field: Field, found: Labels) -> NDArray[np.uint8]:
    """Return the image with what is true, missed and invented over it."""
    kinds = compare((found > 0).astype(np.int16), (field.truth > 0).astype(np.int16))
    low, high = np.percentile(field.image, [0.5, 99.8])
    picture = shades(np.clip(field.image, low, high)).astype(float)
    for kind, opaque in ((TRUE, 0.35), (MISSED, 0.9), (INVENTED, 0.9)):
        colour = np.array([*bytes.fromhex(COLOURS[kind][1:])])
        picture[kinds == kind] = (1 - opaque) * picture[kinds == kind] + opaque * colour
    split = find_boundaries(found, mode="inner")
    picture[split] = 255
    return picture.astype(np.uint8)


def chart(rows: dict[str, dict[str, float]], what: str) -> str:
    """Return the scores as an SVG: a row a change, a dot a score."""
    colours = ("#0072b2", "#56b4e9", "#009e73", "#d55e00", "#cc79a7", "#8a8a8a")
    left, width, step = 190, 760, 30
    height = 64 + step * len(rows)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    parts = [
        f'{head} font-size="13"><rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="20" font-weight="bold">{escape(what)}</text>',
    ]
    for number, (title, colour) in enumerate(zip(SCORES.values(), colours, strict=True)):
        x = left + number * 95
        parts.append(f'<circle cx="{x}" cy="38" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 8}" y="42" font-size="11">{title}</text>')
    for number, (name, values) in enumerate(rows.items()):
        y = 70 + number * step
        parts.append(f'<text x="8" y="{y + 4}">{escape(name)}</text>')
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y}" y2="{y}" stroke="#dddddd"/>')
        for score, colour in zip(SCORES, colours, strict=True):
            if not np.isnan(values[score]):
                x = left + values[score] * (width - 20 - left)
                parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="6" fill="{colour}" fill-opacity="0.85"/>')
    return "".join(parts) + "</svg>\n"


def _median(truth: Labels) -> int:
    regions = sorted(regionprops(truth), key=lambda region: region.area)
    return int(regions[len(regions) // 2].label)


def _gaps(truth: Labels) -> list[tuple[float, int, int, tuple[tuple[int, int], tuple[int, int]]]]:
    """Return for each object how far its nearest neighbour is, and the two pixels that are nearest."""
    gaps = []
    for number in np.unique(truth)[1:]:
        others = (truth > 0) & (truth != number)
        far, nearest = distance_transform_edt(~others, return_indices=True)
        inside = np.argwhere(truth == number)
        here = tuple(inside[far[tuple(inside.T)].argmin()])
        there = (int(nearest[0][here]), int(nearest[1][here]))
        gaps.append((float(far[here]), int(number), int(truth[there]), ((int(here[0]), int(here[1])), there)))
    return gaps


if __name__ == "__main__":
    main()
