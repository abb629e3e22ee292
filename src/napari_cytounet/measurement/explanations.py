"""Every score in one sentence: what it is, its formula, what is good for this data, and what it hides.

The one place for these words: the command line, the widgets and the report all take them from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_cytounet.measurement.summary import Interval


@dataclass(frozen=True)
class Explanation:
    """What a score is.

    Attributes
    ----------
    title
        Its name for people.
    what
        In a few words, without a verb in front.
    formula
        From true positives (TP), false positives (FP), false negatives (FN) and true negatives (TN).
    hides
        What may go wrong without moving it much.
    """

    title: str
    what: str
    formula: str
    hides: str

    def describe(self) -> str:
        """Return all of it in a sentence, as a tooltip or where there is no value yet."""
        return f"{self.title}: {self.what} ({self.formula}); it hides {self.hides}."


EXPLANATIONS: Mapping[str, Explanation] = {
    "dice": Explanation(
        "Dice",
        "twice the shared area, by the sum of both areas",
        "2 TP / (2 TP + FP + FN)",
        "small objects behind large ones, and merged objects, which it hardly notices",
    ),
    "iou": Explanation(
        "IoU",
        "the shared area, by the area of either",
        "TP / (TP + FP + FN)",
        "the same as Dice, of which it is a stricter reading: Dice = 2 IoU / (1 + IoU)",
    ),
    "precision": Explanation(
        "precision",
        "the share of what was found that is true",
        "TP / (TP + FP)",
        "everything that was missed: finding one sure pixel is enough for 1",
    ),
    "recall": Explanation(
        "recall",
        "the share of the truth that was found",
        "TP / (TP + FN)",
        "everything that was invented: calling all pixels foreground gives 1",
    ),
    "accuracy": Explanation(
        "accuracy",
        "the share of all pixels that are right, background too",
        "(TP + TN) / (TP + FP + FN + TN)",
        "the objects, where there is much background: finding nothing can score high",
    ),
    "boundary_f1": Explanation(
        "boundary F1",
        "the share of the outlines that lie within the tolerance of the true ones and the other way round",
        "2 P R / (P + R) of the pixels of the outlines",
        "how far off the other outlines are, and what fills the objects",
    ),
    "average_precision": Explanation(
        "average precision",
        "the objects that match a true one, by all objects that are there or were found",
        "TP / (TP + FP + FN), counted in objects at an IoU",
        "how well those that match are drawn, and how large those are that do not",
    ),
    "f1": Explanation(
        "F1",
        "the objects that match a true one, by the mean of those found and those there",
        "2 TP / (2 TP + FP + FN), counted in objects at an IoU",
        "how well those that match are drawn, and how large those are that do not",
    ),
    "mean_matched_iou": Explanation(
        "mean matched IoU",
        "how well the objects that match are drawn",
        "the mean IoU of the TP",
        "all objects that were missed or invented",
    ),
    "mean_average_precision": Explanation(
        "mean average precision",
        "the average precision at ever stricter matches, from an IoU of 0.5 to one of 0.95",
        "the mean of TP / (TP + FP + FN) over these thresholds, counted in objects",
        "whether objects were missed or only drawn a little off, which both cost the same at strict "
        "thresholds",
    ),
    "panoptic_quality": Explanation(
        "panoptic quality",
        "how many objects match and how well, in one number",
        "the sum of the IoU of the TP / (TP + FP / 2 + FN / 2), counted in objects at an IoU of 0.5",
        "which of the two is at fault: few matches, or badly drawn ones",
    ),
    "segmentation_quality": Explanation(
        "segmentation quality",
        "how well the objects that match are drawn",
        "the mean IoU of the TP",
        "all objects that were missed or invented",
    ),
    "recognition_quality": Explanation(
        "recognition quality",
        "the objects that match a true one, by the mean of those found and those there",
        "2 TP / (2 TP + FP + FN), counted in objects at an IoU of 0.5",
        "how well those that match are drawn",
    ),
    "seg": Explanation(
        "SEG",
        "the mean IoU of all true objects with what covers most of each, 0 where less than half is covered",
        "the sum of the IoU / (TP + FN), counted in objects",
        "every object that was invented",
    ),
}

ERROR_MEANINGS: Mapping[str, str] = {
    "merged": "found objects that hold more than half of each of two or more true ones",
    "split": "true objects that hold more than half of each of two or more found ones",
    "missed": "all other true objects that no found one matches with an IoU of 0.5",
    "invented": "all other found objects that match no true one with an IoU of 0.5",
}
"""Of the kinds of errors of objects."""


@dataclass(frozen=True)
class Yardsticks:
    """What a score is held against on the same data.

    Attributes
    ----------
    baselines
        What answers without any learning score, by their names, such as `finding nothing`.
    ceiling
        What a second annotation scores against the first, where there is one.
    """

    baselines: Mapping[str, float]
    ceiling: float | None = None

    def judge(self, value: float) -> str:
        """Say where a score stands between the best baseline and the ceiling.

        Examples
        --------
        >>> held = Yardsticks({"finding nothing": 0.0, "Otsu's threshold": 0.6})
        >>> print(held.judge(0.9))  # doctest: +NORMALIZE_WHITESPACE
        on these images finding nothing scores 0.000, Otsu's threshold 0.600: this goes 75% of the way from
        the best of these to 1
        """
        known = {name: score for name, score in self.baselines.items() if not math.isnan(score)}
        if not known:
            return ""
        best = max(known, key=lambda name: known[name])
        first, *others = (f"{name} {score:.3f}" for name, score in known.items())
        scores = ", ".join([" scores ".join(first.rsplit(" ", 1)), *others])
        said = f"on these images {scores}"
        if value <= known[best]:
            return f"{said}: this is no better than {best}"
        top = 1.0 if self.ceiling is None else self.ceiling
        goal = "1" if self.ceiling is None else f"the {top:.3f} of a second annotation"
        if top <= known[best]:
            return f"{said}, which is above {goal}"
        share = (value - known[best]) / (top - known[best])
        return f"{said}: this goes {share:.0%} of the way from the best of these to {goal}"


def explain(
    name: str, value: float, interval: Interval | None = None, yardsticks: Yardsticks | None = None
) -> str:
    """Explain a score in one sentence, with its interval and what is good for this data.

    Parameters
    ----------
    name
        A key of `EXPLANATIONS`.
    value, interval
        The score and its 95 % interval.
    yardsticks
        What it is held against.

    Examples
    --------
    >>> print(explain("recall", 0.9, (0.85, 0.95)))  # doctest: +NORMALIZE_WHITESPACE
    recall 0.900 (95 % 0.850 to 0.950): the share of the truth that was found (TP / (TP + FN)); it hides
    everything that was invented: calling all pixels foreground gives 1.
    """
    explanation = EXPLANATIONS[name]
    if math.isnan(value):
        return f"{explanation.title}: not defined here, since there is nothing to score."
    sure = f"95 % {interval[0]:.3f} to {interval[1]:.3f}" if interval else "one image: no interval"
    judged = yardsticks.judge(value) if yardsticks else ""
    parts = [f"{explanation.what} ({explanation.formula})", judged, f"it hides {explanation.hides}"]
    return f"{explanation.title} {value:.3f} ({sure}): {'; '.join(filter(None, parts))}."
