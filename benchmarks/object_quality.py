"""How well a model finds objects, by kind of image: AP, Dice, the scale that it estimates, and seconds.

Data: `dsb2018/fluo`, 50 images to learn from, drawn by `numpy.random.default_rng(0)` from the sorted names,
and up to 8 of the rest from each of six kinds (`HARD`), drawn by `default_rng(1)`. `usiigaci_phase`: the 3rd,
7th, 11th and 14th image by name to test on, the others to learn from.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from reporting import data_folder

from napari_cytounet.images.image import Image
from napari_cytounet.images.truth import Truth
from napari_cytounet.measurement.object_scores import object_counts
from napari_cytounet.segmentation.instances import label_objects
from napari_cytounet.segmentation.seeded import label_seeds
from napari_cytounet.settings import DeviceSettings, PredictionSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.object_calibration import growth
from napari_cytounet.unet.object_size import scale_of_objects
from napari_cytounet.unet.prediction import predicted_boxes
from napari_cytounet.unet.working_scale import OBJECT_PIXELS, clipped_scale, diameter_in

HARD = ("tiny", "crowded", "large", "dim", "field", "plain")
IOUS = (0.5, 0.6, 0.7, 0.8, 0.9)


def dsb_split() -> tuple[list[str], dict[str, list[str]]]:
    """Return the names to learn from, and those to test on by kind."""
    folder = data_folder() / "dsb2018" / "fluo"
    packed = data_folder() / "split.json"
    if packed.exists():
        learn, test = json.loads(packed.read_text())
        return learn, test
    names = sorted(path.name for path in (folder / "masks").iterdir())
    chosen = {names[i] for i in np.random.default_rng(0).permutation(len(names))[:50]}
    kinds: dict[str, list[str]] = {kind: [] for kind in HARD}
    for name in names:
        if name not in chosen:
            mask = tifffile.imread(folder / "masks" / name)
            kinds[_kind(mask, tifffile.imread(folder / "images" / name))].append(name)
    random = np.random.default_rng(1)
    return sorted(chosen), {
        kind: sorted(members[i] for i in random.permutation(len(members))[:8])
        for kind, members in kinds.items()
    }


def _kind(mask: np.ndarray, image: np.ndarray) -> str:
    """Sort an image by what makes it hard: tiny, crowded, large or dim nuclei, many in a field; or plain."""
    areas = np.bincount(mask.ravel())
    diameter = np.median(np.sqrt(4 * areas[1:][areas[1:] >= 9] / np.pi)) if len(areas) > 1 else 0
    means = np.bincount(mask.ravel(), image.ravel()) / np.maximum(areas, 1)
    means = means[1:][areas[1:] >= 9] - np.median(image[mask == 0])
    if diameter < 11:
        return "tiny"
    if touching_share(mask) > 0.35 and diameter < 30:
        return "crowded"
    if diameter > 42:
        return "large"
    if len(means) > 2 and np.percentile(means, 10) < 0.12 * means.max():
        return "dim"
    return "field" if mask.size > 256 * 256 else "plain"


def touching_share(mask: np.ndarray) -> float:
    """Return the share of the objects that touch another."""
    pairs = []
    for axis in range(2):
        along = np.moveaxis(mask, axis, 0)
        meet = (along[1:] != along[:-1]) & (along[1:] > 0) & (along[:-1] > 0)
        pairs += [along[1:][meet], along[:-1][meet]]
    return len(np.unique(np.concatenate(pairs))) / max(1, len(np.unique(mask)) - 1)


def usi_split() -> tuple[list[str], dict[str, list[str]]]:
    """Return the names of usiigaci to learn from and to test on."""
    folder = data_folder() / "usiigaci_phase"
    names = sorted(path.name for path in (folder / "masks").iterdir())
    test = [names[i] for i in (2, 6, 10, 13)]
    return [name for name in names if name not in test], {"all": test}


def score(
    model: Any,
    data: Path,
    test: dict[str, list[str]],
    settings: dict[str, Any],
    ious: tuple[float, ...] = IOUS,
) -> dict[str, Any]:
    """Score a model at its own estimate of the scale, and at the scale that the truth gives."""
    device = choose_device(DeviceSettings.model_validate(settings["device"]))
    modes = ["estimated", "oracle"] if model.card.objects and model.card.objects.own_scale else ["estimated"]
    counts = {(mode, kind): np.zeros((len(ious), 4)) for mode in modes for kind in test}
    pixels = np.zeros(3)
    ratios, spent, area = [], {"size": 0.0, "network": 0.0, "labels": 0.0}, 0
    for kind, names in test.items():
        for name in names:
            image = Image.from_array(tifffile.imread(data / "images" / name), name=name)
            mask = tifffile.imread(data / "masks" / name).astype(np.int32)
            diameter = diameter_in(Truth((mask > 0).astype(np.int16), mask))
            for mode in modes:
                start = time.perf_counter()
                scale = scale_of_objects(model, image, (), device=device)
                if mode == "oracle" and diameter:
                    scale = clipped_scale(OBJECT_PIXELS / diameter)
                elif diameter:
                    ratios.append(float(np.log2(scale * diameter / OBJECT_PIXELS)))
                sized = time.perf_counter()
                likely, seeds = predicted(model, image, scale, device)
                known = time.perf_counter()
                found = labels(model, likely, seeds, scale)
                done = time.perf_counter()
                counts[mode, kind] += object_counts(found, mask, ious)
                if mode == "estimated":
                    foreground = likely[0] >= model.card.thresholds[0]
                    pixels += (foreground & (mask > 0)).sum(), foreground.sum(), (mask > 0).sum()
                    spent["size"] += sized - start
                    spent["network"] += known - sized
                    spent["labels"] += done - known
                    area += mask.size
    out: dict[str, Any] = {"dice": round(2 * pixels[0] / max(1, pixels[1] + pixels[2]), 4)}
    for mode in modes:
        out[mode] = ap(sum(counts[mode, kind] for kind in test))
        out[f"{mode} AP50 by kind"] = {kind: ap(counts[mode, kind])[0] for kind in test}
        out[f"{mode} AP80 by kind"] = {kind: ap(counts[mode, kind])[ious.index(0.8)] for kind in test}
    out["scale off by (log2), median of absolute, 90 %"] = [
        round(float(v), 2) for v in np.percentile(np.abs(ratios), [50, 90])
    ]
    return out | {"s/MP": {what: round(seconds / area * 1e6, 3) for what, seconds in spent.items()}}


def predicted(model: Any, image: Image, scale: float, device: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the probabilities, and the seeds of a model that learnt boundaries."""
    likely = np.empty((len(model.card.classes), image.height, image.width), np.float32)
    seeds = np.empty(likely.shape[1:], np.float32) if model.card.objects else None
    for box in predicted_boxes(model, image, settings=PredictionSettings(), device=device, scale=scale):
        likely[:, box.rows, box.columns] = box.values
        if seeds is not None and box.seeds is not None:
            seeds[box.rows, box.columns] = box.seeds
    return likely, seeds


def labels(model: Any, likely: np.ndarray, seeds: np.ndarray | None, scale: float) -> np.ndarray:
    """Return the objects."""
    card = model.card
    if seeds is None:
        return label_objects((likely[0] >= card.thresholds[0]).astype(np.uint8)).astype(np.int32)
    return label_seeds(seeds >= card.objects.seeds, likely[0] >= card.objects.foreground, growth(scale))


def ap(counts: Any) -> list[float]:
    """Return AP at the IoUs, all objects pooled."""
    tp, fp, fn, _ = np.asarray(counts).T
    return [round(float(v), 3) for v in tp / np.maximum(1, tp + fp + fn)]
