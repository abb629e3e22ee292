"""What scores are held against on the same data: answers without learning, and a second annotation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import Cancelled, MaskError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.pairing import pair_files
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.truth import Truth, understand_masks
from napari_cytounet.measurement.baselines import NOTHING, OTSU, otsu_masks, trivial_counts
from napari_cytounet.measurement.explanations import Yardsticks
from napari_cytounet.measurement.image_scores import (
    ImageScores,
    mean_class_scores,
    pooled_scores,
    score_image,
)
from napari_cytounet.measurement.results import objects_of
from napari_cytounet.settings import ImageSettings, MaskSettings, ScoreSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator

    from napari_cytounet.measurement.evaluation import Evaluation
    from napari_cytounet.measurement.summary import Summary

PIXELS = slice(0, 4)
"""The counts of pixels, of all that is counted of a class."""

BOUNDARY = slice(4, 8)
"""The counts of boundary pixels."""


def yardsticks(
    evaluation: Evaluation, otsu: ImageScores | None = None, ceiling: Evaluation | None = None
) -> dict[str, Yardsticks]:
    """Return for every pooled score what it is held against.

    Parameters
    ----------
    evaluation
        Its truth is what the baselines are scored against: nothing is read for that.
    otsu
        Otsu's threshold on the same images, from `scoring_otsu`.
    ceiling
        An evaluation of a second annotation against the same truth.
    """
    counts = np.sum([image.classes for image in evaluation.per_image], axis=0)
    baselines: dict[str, dict[str, float]] = {}
    for name, pixels in trivial_counts(counts[:, PIXELS]).items():
        # Neither has an outline: none of the true ones is found.
        outline = counts[:, BOUNDARY] * np.array([0, 0, 0, 1])
        trivial = mean_class_scores(np.concatenate([pixels, outline], axis=-1))
        baselines[name] = {score: float(value) for score, value in trivial.items()}
    for score in _objects(evaluation):
        baselines[NOTHING][score] = 0.0
    if otsu is not None:
        baselines[OTSU] = pooled_scores(otsu)
    scores = {score for values in baselines.values() for score in values}
    return {
        score: Yardsticks(
            {name: values[score] for name, values in baselines.items() if score in values},
            None if ceiling is None else _pooled(ceiling, score),
        )
        for score in scores
    }


def scoring_otsu(
    images: Path,
    truth: Path,
    *,
    masks: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    settings: ScoreSettings = ScoreSettings(),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, ImageScores]:
    """Score Otsu's threshold in every plane, for bright or for dark objects, whichever has more Dice.

    Parameters
    ----------
    images, truth
        Folders or files of the raw images and of their masks.
    masks, image_settings, settings
        As in `evaluate`.
    cancel
        Looked at before every image.

    Raises
    ------
    MaskError
        If the masks hold several classes: one threshold tells two things apart, not more.
    Cancelled
        If it was stopped.
    """
    pairs = pair_files(find_images(images), find_images(truth), masks.pairing)
    reading = understand_masks(ImageFiles([pair.mask for pair in pairs], image_settings), masks)
    if reading.class_count > 1:
        raise MaskError(
            f"{truth} holds {reading.class_count} classes: Otsu's threshold tells two apart, not more."
        )
    pooled: list[ImageScores | None] = [None, None]
    for number, pair in enumerate(pairs):
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped while the baseline was scored.")
        yield Progress("images thresholded by Otsu's method", number, len(pairs))
        image, mask = open_image(pair.image, image_settings), open_image(pair.mask, image_settings)
        for index, mask_index in zip(image.planes, mask.planes, strict=True):
            labels = reading.read(mask, mask_index)
            if labels is None:
                continue
            for polarity, found in enumerate(otsu_masks(image.read(index)[0])):
                classes = found.astype(np.int16)
                predicted = Truth(classes, objects_of(Truth(classes, None)))
                scores = score_image(predicted, labels, name=image.name, tolerance=settings.tolerance)
                before = pooled[polarity]
                pooled[polarity] = scores if before is None else before + scores
    yield Progress("images thresholded by Otsu's method", len(pairs), len(pairs))
    scored = [scores for scores in pooled if scores is not None]
    if not scored:
        raise MaskError(f"No plane of {truth} is labelled: there is nothing to score.")
    return max(scored, key=lambda scores: np.nan_to_num(pooled_scores(scores)["dice"]))


def _pooled(evaluation: Evaluation, score: str) -> float | None:
    summaries = evaluation.scores | _objects(evaluation)
    return summaries[score].pooled if score in summaries else None


def _objects(evaluation: Evaluation) -> dict[str, Summary]:
    """Return the scores of objects: at the lowest IoU threshold, and without one."""
    lowest = next(iter((evaluation.object_scores or {}).values()), {})
    return lowest | (evaluation.object_quality or {})
