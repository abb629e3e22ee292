"""What a training ended with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TrainResult:
    """What a training ended with.

    Attributes
    ----------
    run, model
        The run's folder and the model in it.
    dice
        Of the model on the data kept back, None where nothing was.
    objects
        Mean average precision of its objects there, at IoU 0.5 to 0.9; None where it tells none apart.
    thresholds
        Calibrated there, one a class.
    steps, best_step, skipped, seconds
        Steps taken, after which of them the model stands, how many were skipped, and seconds from the
        beginning to the end.
    stopped
        Whether the user stopped it before the budget was used up.
    explanation
        The Dice in a sentence: its interval, what is had without learning, and what it hides; empty where
        nothing was kept back.
    """

    run: Path
    model: Path
    dice: float | None
    objects: float | None
    thresholds: tuple[float, ...]
    steps: int
    best_step: int
    skipped: int
    seconds: float
    stopped: bool
    explanation: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the result ready for JSON."""
        places = {"run": str(self.run), "model": str(self.model)}
        return places | self.outcome() | {"explanation": self.explanation}

    def outcome(self) -> dict[str, Any]:
        """Return what the record keeps of it, ready for JSON."""
        return {
            "dice": self.dice,
            "objects": self.objects,
            "thresholds": list(self.thresholds),
            "steps": self.steps,
            "best_step": self.best_step,
            "skipped": self.skipped,
            "seconds": self.seconds,
            "stopped": self.stopped,
        }
