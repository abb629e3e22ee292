"""What was counted of the objects of one image: matches, overlaps and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.object_errors import ObjectError, count_errors, find_errors
from napari_cytounet.measurement.object_scores import match_counts, mean_average_precision, object_scores
from napari_cytounet.measurement.overlaps import count_overlaps
from napari_cytounet.measurement.panoptic import panoptic_counts, panoptic_scores
from napari_cytounet.measurement.seg_measure import seg, seg_counts
from napari_cytounet.measurement.summary import json_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Scores = dict[str, NDArray[np.float64]]


def quality_scores(counts: NDArray[np.integer] | NDArray[np.floating]) -> Scores:
    """Return the scores of objects that are no matter of a threshold, by name.

    Parameters
    ----------
    counts
        (..., 6): those of `panoptic_counts`, then those of `seg_counts`.

    Returns
    -------
    dict of float64 (...)
        Those of `PanopticScores`, and `seg`.
    """
    return panoptic_scores(counts[..., :4])._asdict() | {"seg": seg(counts[..., 4:])}


@dataclass(frozen=True, eq=False)
class ImageObjects:
    """What was counted of the objects of one image (of a stack: in all planes together).

    Attributes
    ----------
    thresholds
        IoU thresholds of the matches.
    matches
        float64 (thresholds, 4): see `object_counts`.
    quality
        float64 (6,): see `quality_scores`.
    errors
        What went wrong, each with its place.
    """

    thresholds: tuple[float, ...]
    matches: NDArray[np.float64]
    quality: NDArray[np.float64]
    errors: tuple[ObjectError, ...]

    def __add__(self, plane: ImageObjects) -> ImageObjects:
        """Pool with another plane of the same image."""
        return ImageObjects(
            self.thresholds,
            self.matches + plane.matches,
            self.quality + plane.quality,
            self.errors + plane.errors,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the scores as a JSON-ready dictionary; a score that is not defined is None."""
        scores = {
            "mean_average_precision": mean_average_precision(self.matches),
            **quality_scores(self.quality),
        }
        return {
            "objects": [
                {
                    "iou_threshold": threshold,
                    "true_positives": int(counts[0]),
                    "false_positives": int(counts[1]),
                    "false_negatives": int(counts[2]),
                }
                | _numbers(object_scores(counts)._asdict())
                for threshold, counts in zip(self.thresholds, self.matches, strict=True)
            ],
            "object_quality": _numbers(scores),
            "errors": count_errors(self.errors),
        }


def count_objects(
    predicted: NDArray[np.integer], truth: NDArray[np.integer], thresholds: Sequence[float], plane: str = ""
) -> ImageObjects:
    """Compare the objects of one plane with the true ones.

    Parameters
    ----------
    predicted, truth
        Instance labels (Y, X); see `count_overlaps`.
    thresholds
        Least IoU of matches.
    plane
        Place of the plane in its stack, to note with its errors.
    """
    overlaps = count_overlaps(predicted, truth)
    return ImageObjects(
        thresholds=tuple(thresholds),
        matches=match_counts(overlaps, thresholds),
        quality=np.concatenate([panoptic_counts(overlaps), seg_counts(overlaps)]),
        errors=tuple(find_errors(predicted, truth, overlaps, plane)),
    )


def _numbers(scores: Scores) -> dict[str, object]:
    return {name: json_number(float(value)) for name, value in scores.items()}
