"""How far a training is, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_cytounet.events import BatchDone, Event, Progress, Validated


@dataclass(frozen=True)
class State:
    """How far a training is.

    Attributes
    ----------
    step, loss, dice, best
        Of the latest step and validation; None before the first.
    fraction, seconds
        Share of the budget used up, and the time that took.
    doing
        What is done before the first step.
    """

    doing: str = "starting"
    step: int | None = None
    loss: float | None = None
    dice: float | None = None
    best: float | None = None
    fraction: float = 0.0
    seconds: float = 0.0

    def after(self, event: Event) -> State:
        """Return the state after an event."""
        match event:
            case Progress(what=what, done=done, total=total):
                return replace(self, doing=f"{what}: {done:.0f} of {total:.0f}")
            case BatchDone():
                return replace(
                    self, step=event.step, loss=event.loss, fraction=event.fraction, seconds=event.seconds
                )
            case Validated():
                best = event.dice if event.best else self.best
                return replace(self, dice=event.dice, best=best)
        return self

    def describe(self) -> str:
        """Say in one line how far the training is.

        Examples
        --------
        >>> State(step=120, loss=0.31, dice=0.9, best=0.9, fraction=0.25, seconds=30).describe()
        'Step 120, loss 0.310, Dice 0.900, 1:30 left'
        """
        if self.step is None:
            return f"{self.doing[:1].upper()}{self.doing[1:]} …"
        parts = [f"Step {self.step}", f"loss {self.loss:.3f}"]
        if self.dice is not None:
            better = self.best is not None and self.best > self.dice
            parts.append(f"Dice {self.dice:.3f}" + (f" (best {self.best:.3f})" if better else ""))
        if self.fraction > 0:
            left = round(self.seconds * (1 - self.fraction) / self.fraction)
            parts.append(f"{left // 60}:{left % 60:02} left")
        return ", ".join(parts)
