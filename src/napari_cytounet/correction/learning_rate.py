"""How fast is learnt: fast where corrections are news."""

from __future__ import annotations

LEAST = 0.15
"""Share of the rate that is left when there is nothing new to learn."""

SETTLING = 0.99
"""Share of what news raised the rate by that is left after each step."""

RISE = 0.5
"""How much a stroke of which nothing was found raises the rate, as share of the highest."""


class LearningRate:
    """Rises with strokes that were not found before, and falls with each step.

    Parameters
    ----------
    highest
        The learning rate where all is new.

    Examples
    --------
    >>> rate = LearningRate(highest=0.002)
    >>> rate.rest()
    >>> rate.rise(found=0.5)
    >>> rate.now
    0.0005
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

    @property
    def now(self) -> float:
        """The rate of the next step."""
        return self._highest * max(LEAST, self._news)
