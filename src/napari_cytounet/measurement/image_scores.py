"""All scores of one image: what was counted in it, and what follows from the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import MaskError
from napari_cytounet.measurement.boundary import TOLERANCE, boundary_counts, boundary_f1
from napari_cytounet.measurement.image_objects import ImageObjects, count_objects, quality_scores
from napari_cytounet.measurement.object_scores import IOU_THRESHOLDS, object_scores
from napari_cytounet.measurement.pixel_scores import pixel_counts, pixel_scores
from napari_cytounet.measurement.ratios import mean_of_defined
from napari_cytounet.measurement.summary import json_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_cytounet.images.truth import Truth

    Scores = dict[str, NDArray[np.float64]]


def class_scores(counts: NDArray[np.integer] | NDArray[np.floating]) -> Scores:
    """Return all scores of classes by name: those of `PixelScores`, and `boundary_f1`.

    Parameters
    ----------
    counts
        (..., 8): the columns of `pixel_counts`, then those of `boundary_counts`.

    Returns
    -------
    dict of float64 (...)
    """
    return pixel_scores(counts[..., :4])._asdict() | {"boundary_f1": boundary_f1(counts[..., 4:])}


def mean_class_scores(counts: NDArray[np.integer] | NDArray[np.floating]) -> Scores:
    """Return the means of `class_scores` over the classes, the last axis but one of the counts."""
    return {name: mean_of_defined(scores) for name, scores in class_scores(counts).items()}


@dataclass(frozen=True, eq=False)
class ImageScores:
    """What was counted in one image (of a stack: in all planes together).

    Attributes
    ----------
    name
        Name of the image.
    classes
        int64 (classes, 8): the columns of `pixel_counts`, then those of `boundary_counts`.
    objects
        None if truth or prediction tells no objects.
    """

    name: str
    classes: NDArray[np.int64]
    objects: ImageObjects | None

    @property
    def labelled(self) -> int:
        """Number of pixels that were scored."""
        return int(self.classes[0, :4].sum())

    def __add__(self, plane: ImageScores) -> ImageScores:
        """Pool with the counts of another plane of the same image."""
        objects = None if self.objects is None or plane.objects is None else self.objects + plane.objects
        return ImageScores(self.name, self.classes + plane.classes, objects)

    def as_dict(self) -> dict[str, object]:
        """Return the scores as a JSON-ready dictionary; a score that is not defined is None.

        The scores at the top are means over the classes; `classes` has those of each class, `objects` those
        at each IoU threshold, `object_quality` those of objects without one, and `errors` the number of
        objects that are merged, split, missed and invented.
        """
        scores: dict[str, object] = {"name": self.name, "labelled_pixels": self.labelled}
        scores |= _numbers(mean_class_scores(self.classes))
        scores["classes"] = [
            {"class": index + 1} | _numbers(class_scores(counts)) for index, counts in enumerate(self.classes)
        ]
        untold = {"objects": None, "object_quality": None, "errors": None}
        return scores | (untold if self.objects is None else self.objects.as_dict())


def pooled_scores(scores: ImageScores) -> dict[str, float]:
    """Return the scores over the classes, and those of objects: at the lowest IoU, and without one."""
    values = mean_class_scores(scores.classes)
    if scores.objects is not None:
        values |= object_scores(scores.objects.matches[0])._asdict()
        values |= quality_scores(scores.objects.quality)
    return {name: float(value) for name, value in values.items()}


def score_image(
    predicted: Truth,
    truth: Truth,
    class_count: int = 1,
    *,
    name: str = "image",
    plane: str = "",
    tolerance: float = TOLERANCE,
    thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> ImageScores:
    """Score a prediction of one plane against its truth.

    Parameters
    ----------
    predicted, truth
        Class map and, where there are objects, instance labels, (Y, X). What is unlabelled in `truth` is
        scored nowhere.
    class_count
        Number of classes without background.
    name
        Name of the image, for the result.
    plane
        Place of the plane in its stack, for the errors.
    tolerance
        In pixels, for the boundary F1.
    thresholds
        IoU thresholds of the object scores.

    Raises
    ------
    MaskError
        If the sizes differ or a class is unknown.

    Examples
    --------
    >>> from napari_cytounet.images.truth import Truth
    >>> truth = np.zeros((20, 20), np.int32)
    >>> truth[5:15, 5:15] = 1
    >>> predicted = np.roll(truth, 1, axis=0)
    >>> scores = score_image(Truth(predicted, predicted), Truth(truth, truth)).as_dict()
    >>> scores["dice"], scores["boundary_f1"], scores["objects"][0]["average_precision"]
    (0.9, 1.0, 1.0)
    """
    if predicted.classes.shape != truth.classes.shape:
        raise MaskError(
            f"the prediction has {_size(predicted)} pixels and the truth {_size(truth)}; "
            "give masks of the same image at the same scale"
        )
    pixels = pixel_counts(predicted.classes, truth.classes, class_count)
    boundary = boundary_counts(predicted.classes, truth.classes, class_count, tolerance)
    objects = None
    if predicted.instances is not None and truth.instances is not None:
        objects = count_objects(predicted.instances, truth.instances, thresholds, plane)
    return ImageScores(name, np.concatenate([pixels, boundary], axis=-1), objects)


def _size(side: Truth) -> str:
    height, width = side.classes.shape
    return f"{width} x {height}"


def _numbers(scores: Scores) -> dict[str, object]:
    return {name: json_number(float(value)) for name, value in scores.items()}
