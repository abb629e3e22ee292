"""Explanations of scores, and comparisons of two results, as `cytounet evaluate` prints them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_cytounet.settings import ImageSettings, MaskSettings, ScoreSettings

if TYPE_CHECKING:
    from napari_cytounet.events import Event
    from napari_cytounet.measurement.evaluation import Evaluation
    from napari_cytounet.measurement.paired import PairedDifference


@dataclass(frozen=True)
class Asked:
    """What is to be said beside the scores.

    Attributes
    ----------
    explain
        Whether every score is explained.
    against
        Another result of the same images to compare with.
    image
        The raw images, for Otsu's threshold as a baseline.
    ceiling
        A second annotation.
    """

    explain: bool
    against: Path | None
    image: Path | None
    ceiling: Path | None


def saying_more(
    evaluation: Evaluation,
    truth: Path,
    asked: Asked,
    masks: MaskSettings,
    images: ImageSettings,
    scores: ScoreSettings,
    cancel: threading.Event,
) -> Generator[Event, None, tuple[dict[str, str], list[PairedDifference]]]:
    """Explain the scores of an evaluation, and compare it with another, as far as that is asked for.

    Returns
    -------
    dict, list
        A sentence for each score; a comparison for each score.
    """
    from napari_cytounet.measurement.evaluating import evaluating
    from napari_cytounet.measurement.paired import compare_evaluations
    from napari_cytounet.measurement.yardsticks import scoring_otsu, yardsticks

    common: dict[str, Any] = {"masks": masks, "settings": scores, "cancel": cancel}
    differences: list[PairedDifference] = []
    if asked.against is not None:
        other = yield from evaluating(asked.against, truth, images=images, **common)
        differences = compare_evaluations(evaluation, other)
    if not asked.explain:
        return {}, differences
    otsu = ceiling = None
    if asked.image is not None:
        otsu = yield from scoring_otsu(asked.image, truth, image_settings=images, **common)
    if asked.ceiling is not None:
        ceiling = yield from evaluating(asked.ceiling, truth, images=images, **common)
    return explanations(evaluation, yardsticks(evaluation, otsu, ceiling)), differences


def explanations(evaluation: Evaluation, against: dict[str, Any]) -> dict[str, str]:
    """Return a sentence for each pooled score of an evaluation."""
    from napari_cytounet.measurement.explanations import EXPLANATIONS, explain

    summaries = dict(evaluation.scores)
    summaries |= next(iter((evaluation.object_scores or {}).values()), {})
    summaries |= evaluation.object_quality or {}
    return {
        name: explain(name, summary.pooled, summary.pooled_interval, against.get(name))
        for name, summary in summaries.items()
        if name in EXPLANATIONS
    }


def in_words(
    sentences: dict[str, str], differences: Sequence[PairedDifference], against: Path | None
) -> list[str]:
    """Return the lines to print below the tables."""
    lines = ["", *sentences.values()] if sentences else []
    if differences:
        lines += ["", f"Against {against}, image by image:", *(found.describe() for found in differences)]
    return lines
