"""Known shapes of failure in the history of a training, said in words: what, why, and what to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from napari_cytounet.runs.history import HistoryRow

FEWEST_STEPS = 60
"""Before so many steps a curve has no shape yet."""

VALIDATIONS = 3
"""So many validations in a row must agree that a network is stuck."""

SAME = 0.01
"""Dice that differs by less is the same."""

LITTLE = 0.05
"""Share of the way from calling everything foreground to a Dice of 1: who came no further learnt nothing."""


@dataclass(frozen=True)
class Diagnosis:
    """A known shape of failure.

    Attributes
    ----------
    code
        Stable name of it.
    text
        What is seen, what it usually comes from, and what to do.
    """

    code: str
    text: str


@dataclass(frozen=True)
class Course:
    """The history of a training, as the rules look at it.

    Attributes
    ----------
    losses
        Of all steps that had a finite one.
    skipped
        Steps that had none.
    scores
        Every validation: how many finite losses came before it, and its Dice.
    everything
        Dice of calling everything foreground on what is kept back, where it is known.
    has_ended
        Whether no further validation will come.
    """

    losses: tuple[float, ...]
    skipped: int
    scores: tuple[tuple[int, float], ...]
    everything: float | None
    has_ended: bool

    @property
    def best(self) -> float:
        """The best Dice so far; NaN where there is none."""
        return max((dice for _, dice in self.scores), default=math.nan)

    @property
    def latest(self) -> list[float]:
        """The Dice of the latest validations, as many as must agree; none where too few came so far."""
        scores = [dice for _, dice in self.scores]
        return scores[-VALIDATIONS:] if self.has_ended or len(scores) >= VALIDATIONS else []

    def loss_around(self, place: int) -> float:
        """Return the mean loss of a tenth of all steps before a place: single losses are noisy."""
        width = max(5, len(self.losses) // 10)
        part = self.losses[max(0, min(place, len(self.losses)) - width) : place] or self.losses[:1]
        return sum(part) / len(part)


def diagnose(
    rows: Sequence[HistoryRow], everything: float | None = None, *, has_ended: bool = False
) -> list[Diagnosis]:
    """Return the known shapes of failure that the history of a training has.

    Parameters
    ----------
    rows
        All steps so far.
    everything
        Dice of calling everything foreground on what is kept back: what a network scores that gives the same
        answer everywhere, since its threshold is then chosen to let all pixels through.
    has_ended
        Whether the training is over: a short one may have had one validation only, which then has to do.

    Examples
    --------
    >>> flat = [HistoryRow(step, step / 10, 0.002, 1.2) for step in range(1, 201)]
    >>> [diagnosis.code for diagnosis in diagnose(flat)]
    ['flat-loss']
    """
    course = _course(rows, everything, has_ended)
    if len(rows) < FEWEST_STEPS:
        return []
    found = (rule(course) for rule in RULES)
    return [diagnosis for diagnosis in found if diagnosis is not None]


def _course(rows: Sequence[HistoryRow], everything: float | None, has_ended: bool) -> Course:
    losses: list[float] = []
    scores: list[tuple[int, float]] = []
    for row in rows:
        if math.isfinite(row.loss):
            losses.append(row.loss)
        if row.validation_dice is not None and math.isfinite(row.validation_dice):
            scores.append((len(losses), row.validation_dice))
    return Course(tuple(losses), len(rows) - len(losses), tuple(scores), everything, has_ended)


def _all_background(course: Course) -> Diagnosis | None:
    if not course.latest or max(course.latest) > SAME:
        return None
    return Diagnosis(
        "all-background",
        f"Dice is stuck at {course.latest[-1]:.2f}: the network finds nothing at all, at any threshold. "
        "Look at whether the masks lie on their images and hold objects (an inverted mask does this too); "
        "with tiny objects, raise the share of patches that are centred on one (--object-patches).",
    )


def _constant_output(course: Course) -> Diagnosis | None:
    everything = course.everything
    if everything is None or not course.latest:
        return None
    if course.best > everything + max(SAME, LITTLE * (1 - everything)):
        return None
    if everything > 1 - 2 * SAME or min(course.latest) < everything - SAME:
        return None
    return Diagnosis(
        "constant-output",
        f"Dice stays at {course.latest[-1]:.3f}; calling everything foreground scores {everything:.3f}: the "
        "network gives nearly the same answer everywhere. Usual causes: masks that do not belong to their "
        "images, outlines without contrast, or a learning rate that is far off. Check pairs and masks, then "
        "try --learning-rate 0.0005.",
    )


def _flat_loss(course: Course) -> Diagnosis | None:
    if course.scores and not course.latest:
        return None  # in the beginning every loss is flat
    first, last = course.loss_around(max(5, len(course.losses) // 10)), course.loss_around(len(course.losses))
    good = max(0.5, (course.everything or 0) + 0.1)  # as in a model that is trained on: nothing left to learn
    if not course.losses or last < 0.95 * first or last > 1.5 * first or course.best > good:
        return None
    return Diagnosis(
        "flat-loss",
        f"The loss is flat: {first:.3f} in the beginning, {last:.3f} now. The network learns nothing from "
        "these images. Usual causes: objects that do not stand out from what is around them, masks that "
        "lie beside the objects or belong to other images, or a learning rate that is too low.",
    )


def _rising_loss(course: Course) -> Diagnosis | None:
    last = course.loss_around(len(course.losses))
    tenth = max(5, len(course.losses) // 10)
    lowest = min(course.loss_around(place) for place in range(tenth, len(course.losses) + 1, tenth))
    if last < 1.5 * lowest or last < lowest + 0.1:
        return None
    return Diagnosis(
        "rising-loss",
        f"The loss rises again: {lowest:.3f} at its lowest, {last:.3f} now. The steps are too large: train "
        "again with a lower --learning-rate, such as a quarter of it.",
    )


def _falling_apart(course: Course) -> Diagnosis | None:
    if len(course.scores) <= VALIDATIONS:
        return None
    at, best = max(course.scores, key=lambda score: score[1])
    recent = sum(course.latest[-2:]) / 2
    before, now = course.loss_around(at), course.loss_around(len(course.losses))
    if best - recent < 0.03 or now > 0.95 * before:
        return None
    return Diagnosis(
        "validation-falls-apart",
        f"The loss still falls ({before:.3f} to {now:.3f}) while Dice on what was kept back has dropped "
        f"from {best:.3f} to {recent:.3f}: the network learns these images by heart. The best weights are "
        "kept. Label more varied images, vary them more (--scale, --contrast, --noise), raise --l2, or "
        "train for less time.",
    )


def _unstable(course: Course) -> Diagnosis | None:
    steps = len(course.losses) + course.skipped
    if course.skipped < 0.1 * steps:
        return None
    return Diagnosis(
        "unstable",
        f"{course.skipped} of {steps} steps had a loss that was not finite and taught nothing. Try a lower "
        "--learning-rate, and --mixed-precision off.",
    )


RULES: tuple[Callable[[Course], Diagnosis | None], ...] = (
    _unstable,
    _all_background,
    _constant_output,
    _flat_loss,
    _rising_loss,
    _falling_apart,
)
