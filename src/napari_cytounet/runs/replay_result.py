"""What a replay of a run came to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_cytounet.measurement.summary import Interval
from napari_cytounet.runs.differences import Difference
from napari_cytounet.runs.record import Record

TOLERATED = 0.02
"""How far the Dice may be off where the record holds no interval, as with one validation image."""


def allowed_dice(record: Record) -> Interval | None:
    """Return where the Dice of a replay must lie where weights cannot be equal; None if nothing was scored.

    That is the 95 % interval of the run's own Dice over its validation images, or `TOLERATED` to both sides,
    whichever is wider.
    """
    dice = record["result"]["dice"]
    if dice is None:
        return None
    summary = record["result"].get("validation", {}).get("dice") or {}
    low, high = summary.get("pooled_interval") or (dice, dice)
    return min(low, dice - TOLERATED), max(high, dice + TOLERATED)


@dataclass(frozen=True)
class ReplayResult:
    """What a replay came to.

    Attributes
    ----------
    run, replay
        Folders of the run and of its replay.
    is_stopped
        Whether the user stopped it: then nothing was shown.
    equal_weights
        Whether every weight of the two models is equal, to the last bit.
    differences
        What is not here as it was there: versions, processor, device, threads.
    is_exact
        Whether the device computes the same every time; GPUs do not promise that.
    dice, dice_again
        On what was kept back; None where nothing was.
    allowed
        Where `dice_again` must lie if the weights need not be equal.
    """

    run: Path
    replay: Path
    is_stopped: bool
    equal_weights: bool
    differences: tuple[Difference, ...]
    is_exact: bool
    dice: float | None
    dice_again: float | None
    allowed: Interval | None

    @property
    def must_be_equal(self) -> bool:
        """Whether the weights must be equal: the same versions, processor and threads, on a CPU."""
        return self.is_exact and not self.differences

    @property
    def is_reproduced(self) -> bool:
        """Whether the same came out, as far as that can be asked for."""
        if self.equal_weights:
            return True
        if self.is_stopped or self.must_be_equal or self.dice_again is None or self.allowed is None:
            return False
        return self.allowed[0] <= self.dice_again <= self.allowed[1]

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "run": str(self.run),
            "replay": str(self.replay),
            "reproduced": self.is_reproduced,
            "stopped": self.is_stopped,
            "equal_weights": self.equal_weights,
            "weights_must_be_equal": self.must_be_equal,
            "differences": [difference.as_dict() for difference in self.differences],
            "dice": self.dice,
            "dice_again": self.dice_again,
            "allowed": self.allowed and list(self.allowed),
        }

    def describe(self) -> str:
        """Say what came out, what it means, and what differs."""
        return "\n".join([self._verdict(), *(difference.describe() for difference in self.differences)])

    def _verdict(self) -> str:
        if self.equal_weights:
            return "Reproduced: all weights are equal, to the last bit."
        if self.is_stopped:
            return "Stopped: half a replay says nothing."
        why = self._why()
        if self.dice_again is None or self.allowed is None or self.dice is None:
            return (
                f"Not reproduced: the weights differ, and nothing was kept back to compare scores on. {why}"
            )
        low, high = self.allowed
        scores = (
            f"Dice {self.dice_again:.3f}, in the run {self.dice:.3f} (asked for: {low:.3f} to {high:.3f})"
        )
        if self.is_reproduced:
            return f"Reproduced within the interval of the run: {scores}. The weights are not equal. {why}"
        return f"Not reproduced: {scores}. {why}"

    def _why(self) -> str:
        if self.differences:
            return "What is not as it was then:"
        if not self.is_exact:
            return "A GPU does not compute the same every time."
        return "All versions, the processor and the threads are the same: the cause is not known."
