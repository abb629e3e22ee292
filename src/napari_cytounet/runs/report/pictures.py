"""Pictures of the best, the median and the worst image that was kept back, with what was found there."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.report.examples import (
    COLOURS,
    CONFUSED,
    INVENTED,
    MISSED,
    NAMES,
    TRUE,
    Example,
)
from napari_cytounet.runs.validation_record import mean_dice
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.preview import choose_part, predict_part
from napari_cytounet.unet.validation import ValidationScore


def write_examples(
    folder: RunFolder,
    network: UNet,
    planes: Sequence[TrainingPlane],
    score: ValidationScore,
    device: Device,
) -> None:
    """Write the pictures into the folder of a run: the image, and what is true, missed and invented.

    Parameters
    ----------
    folder
        Of the run.
    network
        With the weights that were scored.
    planes, score
        What was kept back and is labelled, and its score.
    device
        Where to compute.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    folder.examples.mkdir(exist_ok=True)
    examples = []
    for which, number in chosen(score).items():
        part = choose_part([planes[number]], network.stride)
        shares = predict_part(network, part, device)
        box = slice(*part.rows), slice(*part.columns)
        compared = compare(
            apply_thresholds(shares.astype(np.float32) / 255, score.thresholds),
            planes[number].classes[box].numpy(),
        )
        _write_png(folder.examples / f"{which}.png", grey(planes[number].pixels[(..., *box)].numpy()))
        _write_png(folder.examples / f"{which}-found.png", coloured(compared))
        kinds = tuple(name for kind, name in NAMES.items() if (compared == kind).any())
        dice = float(mean_dice(np.array(score.planes[number].counts)))
        examples.append(Example(which, planes[number].name, dice, kinds))
    with atomic_path(folder.examples / "examples.json") as temporary:
        temporary.write_text(json.dumps([asdict(example) for example in examples], indent=2) + "\n", "utf-8")


def compare(found: NDArray[np.integer], truth: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return for each pixel whether it is `TRUE`, `MISSED`, `INVENTED`, `CONFUSED`, or 0.

    Examples
    --------
    >>> compare(np.array([[1, 0, 1, 2, 1]], np.int16), np.array([[1, 1, 0, 1, -1]], np.int16))
    array([[1, 2, 3, 4, 0]], dtype=uint8)
    """
    there, seen = truth > 0, found > 0
    kinds = np.zeros(truth.shape, np.uint8)
    kinds[there & ~seen] = MISSED
    kinds[(truth == 0) & seen] = INVENTED
    kinds[there & seen] = CONFUSED
    kinds[there & (found == truth)] = TRUE
    return kinds


def coloured(kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colours of what `compare` returned, (Y, X, 4) with how opaque they are."""
    table = np.zeros((5, 4), np.uint8)
    for kind, colour in COLOURS.items():
        opaque = 90 if kind == TRUE else 190
        table[kind] = [*bytes.fromhex(colour[1:]), opaque]
    colours: NDArray[np.uint8] = table[kinds]
    return colours


def chosen(score: ValidationScore) -> dict[str, int]:
    """Return the numbers of the planes to show, by what they are; planes without a score are left out."""
    dice = [float(mean_dice(np.array(plane.counts))) for plane in score.planes]
    order = sorted(
        (number for number, value in enumerate(dice) if not math.isnan(value)), key=dice.__getitem__
    )
    if not order:
        return {}
    named = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    if len(order) == 1:
        return {"only": order[0]}
    return {"best": order[-1], "worst": order[0]} if len(order) == 2 else named


def grey(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return channels (C, Y, X) as a picture: of three the colours, else the first."""
    low, high = np.percentile(pixels, [0.5, 99.5])
    scaled = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1) * 255
    picture = scaled.astype(np.uint8)
    shown: NDArray[np.uint8] = picture.transpose(1, 2, 0).copy() if len(picture) == 3 else picture[0]
    return shown


def _write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(imagecodecs.png_encode(pixels, level=6))
