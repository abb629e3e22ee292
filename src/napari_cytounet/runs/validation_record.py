"""What the record says of the validation: scores of every image, their spread, and the threshold curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.measurement.baselines import (
    EVERYTHING,
    OTSU,
    better_polarity,
    otsu_counts,
    trivial_counts,
)
from napari_cytounet.measurement.explanations import Yardsticks, explain
from napari_cytounet.measurement.pixel_scores import pixel_scores
from napari_cytounet.measurement.ratios import mean_of_defined
from napari_cytounet.measurement.summary import Summary, json_number, resamplings, summarise
from napari_cytounet.runs.record import Record
from napari_cytounet.strict_json import plain

if TYPE_CHECKING:
    from napari_cytounet.unet.planes import TrainingPlane
    from napari_cytounet.unet.validation import ValidationScore

SEED = 0
"""Of the resampling of images."""


MOST_PLANES = 20
"""So many planes tell how far Otsu's threshold gets."""

MOST_PIXELS = 250_000
"""About how many pixels of each."""


def validation_record(score: ValidationScore, planes: Sequence[TrainingPlane]) -> dict[str, Any]:
    """Return the validation of the best weights for the record.

    Parameters
    ----------
    score
        Of the best weights.
    planes
        What was kept back.

    Returns
    -------
    dict
        `dice`, a summary over the images with its intervals; `images`, a dictionary for each with the
        `counts` of its classes (true positives, false positives, false negatives and true negatives at the
        thresholds, in pixels of the working scale) and its `dice`; `curves`, for each class the Dice at
        evenly spaced thresholds from 0 to 1; `baselines`, the pooled Dice of what needs no learning, by name;
        `seed` of the resampling.
    """
    images: dict[str, NDArray[np.int64]] = {}
    for plane in score.planes:
        counts = np.array(plane.counts, np.int64)
        source = plane.source or plane.name
        images[source] = images[source] + counts if source in images else counts
    if not images:
        return {"dice": None, "images": [], "curves": [], "baselines": {}, "seed": SEED}
    stacked = np.stack(list(images.values()))
    return {
        "dice": dice_summary(stacked).as_dict(),
        "images": [
            {
                "image": Path(source).name,
                "counts": counts.tolist(),
                "dice": json_number(float(mean_dice(counts))),
            }
            for source, counts in images.items()
        ],
        "curves": plain(score.curves),
        "baselines": plain(_baselines(stacked, planes)),
        "seed": SEED,
    }


def validation_counts(record: Record) -> dict[str, NDArray[np.int64]]:
    """Return what was counted in each image that was kept back: int64 (classes, 4) by its name."""
    validation = record.get("result", {}).get("validation", {})
    return {entry["image"]: np.array(entry["counts"], np.int64) for entry in validation.get("images", [])}


def explained_dice(dice: float | None, validation: Mapping[str, Any]) -> str:
    """Explain the Dice of a training in a sentence, from what `validation_record` returned.

    Empty where nothing was kept back.
    """
    if dice is None or not validation.get("images"):
        return ""
    interval = validation["dice"]["pooled_interval"]
    baselines = {name: value for name, value in validation["baselines"].items() if value is not None}
    return explain("dice", dice, tuple(interval) if interval else None, Yardsticks(baselines))


def everything_dice(score: ValidationScore) -> float | None:
    """Return the Dice of calling everything foreground; None where nothing was kept back."""
    if not score.planes:
        return None
    counts = np.array([plane.counts for plane in score.planes])
    return _pooled(trivial_counts(counts)[EVERYTHING])


def dice_summary(counts: NDArray[np.int64]) -> Summary:
    """Return the Dice over images, from counts (images, classes, 4)."""
    return summarise(counts, mean_dice, resamplings(len(counts), SEED))


def mean_dice(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean Dice over the classes, the last axis but one of counts (..., classes, 4)."""
    return mean_of_defined(pixel_scores(counts).dice)


def _baselines(counts: NDArray[np.int64], planes: Sequence[TrainingPlane]) -> dict[str, float]:
    baselines = {name: _pooled(trivial) for name, trivial in trivial_counts(counts).items()}
    if counts.shape[1] > 1 or not planes:  # one threshold tells two things apart, not more
        return baselines
    otsu = []
    for plane in planes[:MOST_PLANES]:
        step = max(1, round((plane.labelled.numel() / MOST_PIXELS) ** 0.5))
        thinned = (slice(None, None, step),) * 2
        otsu.append(otsu_counts(plane.pixels[0][thinned].numpy(), plane.classes[thinned].numpy()))
    return baselines | {OTSU: _pooled(better_polarity(np.stack(otsu))[:, None])}


def _pooled(counts: NDArray[np.int64]) -> float:
    return float(mean_dice(counts.sum(axis=0)))
