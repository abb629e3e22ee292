"""The result of an evaluation: scores over all images, with their spread, and of each image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.image_objects import quality_scores
from napari_cytounet.measurement.image_scores import class_scores, mean_class_scores
from napari_cytounet.measurement.object_errors import ObjectError, count_errors
from napari_cytounet.measurement.object_scores import mean_average_precision, object_scores
from napari_cytounet.measurement.summary import resamplings, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_cytounet.measurement.image_objects import ImageObjects
    from napari_cytounet.measurement.image_scores import ImageScores, Scores
    from napari_cytounet.measurement.summary import Summary

    Counts = NDArray[np.integer] | NDArray[np.floating]
    Summaries = dict[str, Summary]


@dataclass(frozen=True)
class Evaluation:
    """Scores of predictions against truth.

    Attributes
    ----------
    per_image
        Scores of each image.
    scores
        `dice`, `iou`, `precision`, `recall`, `accuracy` (see `PixelScores`) and `boundary_f1`, each the mean
        over the classes.
    class_scores
        The same for class 1, 2, ….
    class_names
        Of these classes.
    object_scores
        For each IoU threshold `average_precision`, `f1` and `mean_matched_iou` (see `ObjectScores`). None if
        some image tells no objects on one of its sides.
    object_quality
        `mean_average_precision` over these thresholds, the three of `PanopticScores`, and `seg`. None where
        `object_scores` is.
    tolerance
        Pixels within which a boundary counted as found.
    seed
        Of the resampling of images.
    notes
        What the user should know about these numbers.
    """

    per_image: tuple[ImageScores, ...]
    scores: Summaries
    class_scores: tuple[Summaries, ...]
    class_names: tuple[str, ...]
    object_scores: dict[float, Summaries] | None
    object_quality: Summaries | None
    tolerance: float
    seed: int
    notes: tuple[str, ...]

    @property
    def errors(self) -> list[tuple[str, ObjectError]]:
        """The objects that went wrong, each with the name of its image."""
        return [
            (image.name, error)
            for image in self.per_image
            if image.objects is not None
            for error in image.objects.errors
        ]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return {
            "images": len(self.per_image),
            "scores": _as_dicts(self.scores),
            "classes": [
                {"class": number, "name": name} | _as_dicts(summaries)
                for number, (name, summaries) in enumerate(
                    zip(self.class_names, self.class_scores, strict=True), start=1
                )
            ],
            "objects": self.object_scores
            and [
                {"iou_threshold": threshold} | _as_dicts(summaries)
                for threshold, summaries in self.object_scores.items()
            ],
            "object_quality": self.object_quality and _as_dicts(self.object_quality),
            "error_counts": self.object_scores and count_errors(error for _, error in self.errors),
            "errors": [{"image": name} | error.as_dict() for name, error in self.errors],
            "boundary_tolerance": self.tolerance,
            "seed": self.seed,
            "notes": list(self.notes),
            "per_image": [image.as_dict() for image in self.per_image],
        }


def summarise_images(
    images: Sequence[ImageScores],
    *,
    class_names: Sequence[str] = ("foreground",),
    tolerance: float,
    seed: int = 0,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Summarise the scores of images: mean, pooled, and intervals from resampling the images.

    Parameters
    ----------
    images
        At least one, all with the same classes and thresholds.
    class_names
        Of their classes.
    tolerance
        That the boundaries were scored with.
    seed
        Of the resampling.
    notes
        To keep with the result.
    """
    draws = resamplings(len(images), seed)
    classes = np.stack([image.classes for image in images])
    objects = [image.objects for image in images if image.objects is not None]
    told = len(objects) == len(images)
    notes = tuple(notes)
    if len(images) == 1:
        notes += ("one image only: there is no interval, since one image says nothing about others",)
    return Evaluation(
        per_image=tuple(images),
        scores=_summaries(classes, mean_class_scores, draws),
        class_scores=tuple(
            _summaries(classes[:, index], class_scores, draws) for index in range(classes.shape[1])
        ),
        class_names=tuple(class_names),
        object_scores=_object_summaries(objects, draws) if told else None,
        object_quality=_quality_summaries(objects, draws) if told else None,
        tolerance=tolerance,
        seed=seed,
        notes=notes,
    )


def _object_summaries(objects: Sequence[ImageObjects], draws: NDArray[np.int64]) -> dict[float, Summaries]:
    matches = np.stack([image.matches for image in objects])
    return {
        threshold: _summaries(matches[:, index], lambda counts: object_scores(counts)._asdict(), draws)
        for index, threshold in enumerate(objects[0].thresholds)
    }


def _quality_summaries(objects: Sequence[ImageObjects], draws: NDArray[np.int64]) -> Summaries:
    matches = np.stack([image.matches for image in objects])
    quality = np.stack([image.quality for image in objects])
    return {
        "mean_average_precision": summarise(matches, mean_average_precision, draws),
        **_summaries(quality, quality_scores, draws),
    }


def _summaries(counts: Counts, scores: Callable[[Counts], Scores], draws: NDArray[np.int64]) -> Summaries:
    def named(name: str) -> Callable[[Counts], NDArray[np.float64]]:
        return lambda some_counts: scores(some_counts)[name]

    return {name: summarise(counts, named(name), draws) for name in scores(counts)}


def _as_dicts(summaries: Summaries) -> dict[str, object]:
    return {name: summary.as_dict() for name, summary in summaries.items()}
