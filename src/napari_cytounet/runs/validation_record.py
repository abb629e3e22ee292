"""What the record says of the validation: scores of every image, their spread, and the threshold curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.measurement.pixel_scores import pixel_scores
from napari_cytounet.measurement.ratios import mean_of_defined
from napari_cytounet.measurement.summary import Summary, json_number, resamplings, summarise
from napari_cytounet.runs.record import Record
from napari_cytounet.strict_json import plain
from napari_cytounet.unet.validation import ValidationScore

SEED = 0
"""Of the resampling of images."""


def validation_record(score: ValidationScore) -> dict[str, Any]:
    """Return the validation of the best weights for the record.

    Returns
    -------
    dict
        `dice`, a summary over the images with its intervals; `images`, a dictionary for each with the
        `counts` of its classes (true positives, false positives, false negatives and true negatives at the
        thresholds, in pixels of the working scale) and its `dice`; `curves`, for each class the Dice at
        evenly spaced thresholds from 0 to 1; `seed` of the resampling.
    """
    images: dict[str, NDArray[np.int64]] = {}
    for plane in score.planes:
        counts = np.array(plane.counts, np.int64)
        source = plane.source or plane.name
        images[source] = images[source] + counts if source in images else counts
    if not images:
        return {"dice": None, "images": [], "curves": [], "seed": SEED}
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
        "seed": SEED,
    }


def validation_counts(record: Record) -> dict[str, NDArray[np.int64]]:
    """Return what was counted in each image that was kept back: int64 (classes, 4) by its name."""
    validation = record.get("result", {}).get("validation", {})
    return {entry["image"]: np.array(entry["counts"], np.int64) for entry in validation.get("images", [])}


def dice_summary(counts: NDArray[np.int64]) -> Summary:
    """Return the Dice over images, from counts (images, classes, 4)."""
    return summarise(counts, mean_dice, resamplings(len(counts), SEED))


def mean_dice(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean Dice over the classes, the last axis but one of counts (..., classes, 4)."""
    return mean_of_defined(pixel_scores(counts).dice)
