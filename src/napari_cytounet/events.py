"""What a long job says while it works.

Every long job of the engine is a generator of these small frozen objects and ends in a result (the value
of the generator's `return`). The command line prints them, a widget draws them, and the plain functions
(`train`, `predict`, …) drain them with `drain`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Event:
    """Base of all events."""

    def as_dict(self) -> dict[str, object]:
        """Return the event as a JSON-ready dictionary whose `event` names its kind.

        Examples
        --------
        >>> Notice("2 planes hold no label and are left out").as_dict()
        {'event': 'Notice', 'text': '2 planes hold no label and are left out'}
        """
        return {"event": type(self).__name__} | dataclasses.asdict(self)


@dataclass(frozen=True)
class Notice(Event):
    """Something that the user should know and that does not stop the work."""

    text: str


@dataclass(frozen=True)
class Progress(Event):
    """How far a job is: `done` of `total` units of `what` (images, tiles, batches, percent)."""

    what: str
    done: float
    total: float


@dataclass(frozen=True)
class BatchDone(Event):
    """One training step was taken.

    Attributes
    ----------
    step
        Number of the step, from 1.
    loss
        Loss of the batch; NaN where the step was skipped since the loss was not finite.
    learning_rate
        Rate of the step.
    seconds
        Wall-clock seconds of training so far, those of a resumed run included.
    fraction
        Share of the budget that is used up, 0 to 1.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float
    fraction: float


@dataclass(frozen=True)
class Validated(Event):
    """The network was scored on the data kept back.

    Attributes
    ----------
    step, seconds
        When.
    dice
        Mean over classes of the Dice coefficient, pooled over the labelled pixels kept back.
    best
        Whether this is the best so far: its weights are kept.
    """

    step: int
    seconds: float
    dice: float
    best: bool


@dataclass(frozen=True)
class TileDone(Event):
    """One tile of a plane was predicted: `done` of `total` tiles."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class FileWritten(Event):
    """A result was written."""

    path: str


def drain(job: Generator[Event, None, Result], on_event: Callable[[Event], object] | None = None) -> Result:
    """Run a job to its end and return its result.

    Parameters
    ----------
    job
        A generator of events, such as `napari_cytounet.runs.training`.
    on_event
        Called with every event.

    Examples
    --------
    >>> def job():
    ...     yield Notice("hello")
    ...     return 42
    >>> drain(job(), on_event=print)
    Notice(text='hello')
    42
    """
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: Result = end.value
            return result
        if on_event is not None:
            on_event(event)
