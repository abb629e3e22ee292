"""How fast is learnt: fast where corrections are news, and slower the more is known."""

from __future__ import annotations

import math

LEAST = 0.15
"""Share of the rate that is left when there is nothing new to learn."""

SETTLING = 0.99
"""Share of what news raised the rate by that is left after each step."""

RISE = 0.5
"""How much a stroke of which nothing was found raises the rate, as share of the highest."""

FULL_STROKES = 10
"""Strokes from which on the rate falls, as the root of their number: one more is a smaller part of all."""

LOWEST_FALL = 0.25
"""Share that it falls to: what is new in a long session is to be learnt as well."""


class LearningRate:
    """Rises with strokes that were not found before, and falls with steps and with the number of strokes.

    Parameters
    ----------
    highest
        The learning rate where all is new.

    Examples
    --------
    >>> rate = LearningRate(highest=0.002)
    >>> rate.after(strokes=5), rate.after(strokes=40)
    (0.002, 0.001)
    """

    def __init__(self, highest: float) -> None:
        self._highest = highest
        self._news = 1.0

    def rise(self, found: float) -> None:
        """Take a new stroke in, of which a share was found before it was learnt."""
        self._news = min(1.0, self._news + RISE * (1 - found))

    def settle(self) -> None:
        """Count a step."""
        self._news *= SETTLING

    def rest(self) -> None:
        """Begin with a network that knows all that was painted."""
        self._news = 0.0

    def after(self, strokes: int) -> float:
        """Return the rate, after so many strokes in all."""
        fall = max(LOWEST_FALL, min(1.0, math.sqrt(FULL_STROKES / max(1, strokes))))
        return self._highest * max(LEAST, self._news) * fall
