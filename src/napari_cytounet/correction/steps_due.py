"""How long is learnt from what is painted, before the trainer rests.

More steps than these are no gain: so few pixels are then learnt by heart, and what is like none of them is
found less well (`benchmarks/README.md`). They are counted, not timed: a fast machine is not to learn worse.
"""

from __future__ import annotations

STEPS_A_STROKE = 20
"""Steps that a stroke is worth."""

FIRST_STEPS = 20
"""Steps on top of them for a network that learns from nothing in this session."""

MOST_DUE = 600
"""Most steps that strokes are worth together, when many come at once."""

PATIENCE = 20
"""Steps more, after those that were due, in which it tries to obey the latest stroke."""

MOST_PATIENCE = 40
"""Steps more in place of them while no version that learnt it was adopted: what was painted is to be seen."""


class StepsDue:
    """Counts what is due, and what was taken.

    Examples
    --------
    >>> due = StepsDue()
    >>> due.strokes_came(2)
    >>> due.left(shown=True, obeyed=True), due.left(shown=True, obeyed=False)
    (60, 80)
    """

    def __init__(self) -> None:
        self._due = FIRST_STEPS

    def strokes_came(self, count: int) -> None:
        """Have some steps taken for new strokes."""
        if count:
            self._due = min(MOST_DUE, max(0, self._due) + count * STEPS_A_STROKE)

    def begin_with(self, not_known: int) -> None:
        """Begin with a network that learnt in this session already, but not of some strokes."""
        self._due = min(MOST_DUE, max(1, not_known) * STEPS_A_STROKE)

    def step_taken(self) -> None:
        """Count one step."""
        self._due -= 1

    def left(self, *, shown: bool, obeyed: bool) -> int:
        """Return how many steps are left; it rests at 0.

        Parameters
        ----------
        shown
            Whether the version that is shown learnt the latest stroke.
        obeyed
            Whether it obeys it.
        """
        more = MOST_PATIENCE if not shown else PATIENCE if not obeyed else 0
        return max(0, self._due + more)
