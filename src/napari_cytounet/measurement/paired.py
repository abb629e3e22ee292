"""Two predictions of the same images, compared image by image, and whether the difference means anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_cytounet.errors import PairingError
from napari_cytounet.measurement.explanations import EXPLANATIONS
from napari_cytounet.measurement.image_scores import pooled_scores
from napari_cytounet.measurement.summary import Interval, resamplings, summarise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_cytounet.measurement.evaluation import Evaluation

FEW_IMAGES = 6
"""With fewer, resampling gives intervals that are too narrow to be relied on."""


@dataclass(frozen=True)
class PairedDifference:
    """How much better the first of two is, image by image.

    Attributes
    ----------
    score
        Its name: a key of `EXPLANATIONS`.
    first, second
        Means over the images that have a score on both sides.
    difference
        Mean of first minus second.
    interval
        95 % interval of it from resampling the images; None with fewer than two.
    images, better, worse
        How many images there are; in how many of them the first is better, and in how many worse.
    """

    score: str
    first: float
    second: float
    difference: float
    interval: Interval | None
    images: int
    better: int
    worse: int

    @property
    def means_something(self) -> bool:
        """Whether the interval leaves 0 out, and there are images enough to trust it."""
        if self.interval is None or self.images < FEW_IMAGES:
            return False
        return self.interval[0] > 0 or self.interval[1] < 0

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self) | {"means_something": self.means_something}

    def describe(self) -> str:
        """Say the difference, how sure it is, and whether it means anything.

        Examples
        --------
        >>> found = PairedDifference("dice", 0.91, 0.9, 0.01, (-0.01, 0.03), 20, 12, 8)
        >>> print(found.describe())  # doctest: +NORMALIZE_WHITESPACE
        Dice: +0.010 (95 % -0.010 to +0.030), better in 12 of 20 images and worse in 8.
        The interval holds 0: it may be chance.
        """
        title = EXPLANATIONS[self.score].title
        if not self.images:
            return f"{title}: no image has it on both sides."
        if self.better == self.worse == 0:
            return f"{title}: the same in all {self.images} images."
        sure = f" (95 % {self.interval[0]:+.3f} to {self.interval[1]:+.3f})" if self.interval else ""
        counts = f"better in {self.better} of {self.images} images and worse in {self.worse}"
        return f"{title}: {self.difference:+.3f}{sure}, {counts}. {self._verdict()}"

    def _verdict(self) -> str:
        if self.interval is None:
            return "One image says nothing about others."
        if self.interval[0] <= 0 <= self.interval[1]:
            return "The interval holds 0: it may be chance."
        if self.images < FEW_IMAGES:
            return f"With {self.images} images this is a hint: the interval is narrower than it should be."
        return "The interval leaves 0 out: on images like these the difference is real."


def paired_difference(
    score: str, first: NDArray[np.float64], second: NDArray[np.float64], seed: int = 0
) -> PairedDifference:
    """Compare scores of the same images.

    Parameters
    ----------
    score
        Name of the score.
    first, second
        (images,); images that have no score (NaN) on either side are left out.
    seed
        Of the resampling.

    Examples
    --------
    >>> found = paired_difference("dice", np.array([0.9, 0.8, 0.7]), np.array([0.8, 0.75, 0.7]))
    >>> round(found.difference, 3), found.better, found.worse
    (0.05, 2, 0)
    """
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    if not len(first):
        return PairedDifference(score, np.nan, np.nan, np.nan, None, 0, 0, 0)
    differences = first - second
    summary = summarise(differences, lambda values: values, resamplings(len(differences), seed))
    return PairedDifference(
        score,
        float(first.mean()),
        float(second.mean()),
        float(differences.mean()),
        summary.mean_interval,
        len(differences),
        int((differences > 0).sum()),
        int((differences < 0).sum()),
    )


def compare_evaluations(first: Evaluation, second: Evaluation) -> list[PairedDifference]:
    """Compare two evaluations against the same truth, image by image, in every score that both have.

    Raises
    ------
    PairingError
        If they share no image.
    """
    ours, theirs = ({image.name: image for image in side.per_image} for side in (first, second))
    names = [name for name in ours if name in theirs]
    if not names:
        raise PairingError(
            "The two predictions have no image in common: give two results of the same images."
        )
    scores = [[pooled_scores(side[name]) for name in names] for side in (ours, theirs)]
    shared = [score for score in scores[0][0] if score in scores[1][0] and score in EXPLANATIONS]
    return [
        paired_difference(score, _column(scores[0], score), _column(scores[1], score), first.seed)
        for score in shared
    ]


def _column(rows: Sequence[Mapping[str, float]], score: str) -> NDArray[np.float64]:
    return np.array([row.get(score, np.nan) for row in rows], np.float64)
