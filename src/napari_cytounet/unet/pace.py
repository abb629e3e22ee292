"""When a training is how far: the learning rate of each step, when to validate, and when to stop.

A budget in steps is exact; a budget in minutes follows the clock, and its history records what it did, so
that it can be repeated step by step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

# Each pace answers the same questions, and not every one needs all that it is told.
# ruff: noqa: ARG002

WARM_UP = 0.05
"""Share of the budget in which the learning rate rises."""

VALIDATIONS = 10
"""How often a training is validated."""

SHARE_FOR_VALIDATION = 0.05
"""Share of the time that validation may take in a budget of minutes."""

LONGEST_INTERVAL = 60.0
"""Most seconds between two validations in a long budget, unless they take longer than their share."""

FIRST_VALIDATION = 0.3
FIRST_VALIDATION_SECONDS = 20.0
"""The first validation in a budget of minutes comes after this share of it, or so many seconds."""


class Pace(Protocol):
    """What the training loop asks before and after each step."""

    def fraction(self, step: int, seconds: float) -> float:
        """Share of the budget that is used up before a step; 1 or more ends the training."""
        ...

    def rate(self, step: int, fraction: float) -> float:
        """Learning rate of a step."""
        ...

    def batch_size(self, step: int) -> int | None:
        """Most patches of a step; None leaves it to the settings."""
        ...

    def validates(self, step: int, seconds: float) -> bool:
        """Whether to validate after a step."""
        ...

    def validation_took(self, seconds: float) -> None:
        """Hear how long the last validation took."""
        ...

    def begin_at(self, seconds: float) -> None:
        """Hear how many seconds had passed before the first step."""
        ...


def rate_at(fraction: float) -> float:
    """Return the learning rate as a share of the highest: a linear rise, then half a cosine down to 0.

    Examples
    --------
    >>> [round(rate_at(f), 2) for f in (0.025, 0.05, 0.525, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if fraction < WARM_UP:
        return fraction / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (fraction - WARM_UP) / (1 - WARM_UP))))


@dataclass
class StepPace:
    """A budget in steps, with the highest learning rate."""

    steps: int
    highest: float

    def fraction(self, step: int, seconds: float) -> float:
        """See `Pace`."""
        return (step - 1) / self.steps

    def rate(self, step: int, fraction: float) -> float:
        """See `Pace`."""
        return self.highest * rate_at((step - 0.5) / self.steps)

    def batch_size(self, step: int) -> None:
        """See `Pace`."""

    def validates(self, step: int, seconds: float) -> bool:
        """See `Pace`."""
        return step == self.steps or step % max(1, math.ceil(self.steps / VALIDATIONS)) == 0

    def validation_took(self, seconds: float) -> None:
        """See `Pace`."""

    def begin_at(self, seconds: float) -> None:
        """See `Pace`."""


@dataclass
class ClockPace:
    """A budget in seconds, with enough of them kept for the last validation and for writing the model.

    Attributes
    ----------
    budget
        Seconds from the beginning of the job to its end, reading the images included.
    highest
        Highest learning rate.
    """

    budget: float
    highest: float
    _began: float = 0.0
    _validation: float = 0.0
    _next: float = 0.0

    def begin_at(self, seconds: float) -> None:
        """See `Pace`."""
        self._began = seconds
        self._next = seconds + min(FIRST_VALIDATION * self.budget, FIRST_VALIDATION_SECONDS)

    def fraction(self, step: int, seconds: float) -> float:
        """See `Pace`."""
        left = self._end() - self._began
        # Reading the images may have used up the whole budget.
        return (seconds - self._began) / left if left > 0 else 1.0

    def rate(self, step: int, fraction: float) -> float:
        """See `Pace`."""
        return self.highest * rate_at(fraction)

    def batch_size(self, step: int) -> None:
        """See `Pace`."""

    def validates(self, step: int, seconds: float) -> bool:
        """See `Pace`."""
        if seconds < min(self._next, self._end()):
            return False
        interval = min(self.budget / VALIDATIONS, LONGEST_INTERVAL)
        self._next = seconds + max(interval, self._validation / SHARE_FOR_VALIDATION)
        return True

    def validation_took(self, seconds: float) -> None:
        """See `Pace`."""
        self._validation = max(self._validation, seconds)

    def _end(self) -> float:
        reserve = 1.2 * self._validation + 0.02 * self.budget
        return self.budget - min(reserve, (self.budget - self._began) / 2)


@dataclass(frozen=True)
class RecordedPace:
    """The steps of an earlier training, one after the other.

    Attributes
    ----------
    rates
        Learning rate of each step.
    validated
        The steps that were followed by a validation.
    batch_sizes
        Patches of each step, as far as it is known.
    """

    rates: tuple[float, ...]
    validated: frozenset[int]
    batch_sizes: tuple[int | None, ...] = ()

    def fraction(self, step: int, seconds: float) -> float:
        """See `Pace`."""
        return (step - 1) / len(self.rates)

    def rate(self, step: int, fraction: float) -> float:
        """See `Pace`."""
        return self.rates[step - 1]

    def batch_size(self, step: int) -> int | None:
        """See `Pace`."""
        return self.batch_sizes[step - 1] if self.batch_sizes else None

    def validates(self, step: int, seconds: float) -> bool:
        """See `Pace`."""
        return step in self.validated

    def validation_took(self, seconds: float) -> None:
        """See `Pace`."""

    def begin_at(self, seconds: float) -> None:
        """See `Pace`."""
