"""What a long job says while it works.

Every long job of the engine is a generator of these small frozen objects and ends in a result (the value
of the generator's `return`). The command line prints them, a widget draws them, and the plain functions
(`train`, `predict`, …) drain them with `drain`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_origin, get_type_hints

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
class Warned(Event):
    """Something goes wrong as it is known to go wrong: `code` is its stable name, `text` for the user."""

    code: str
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
    batch_size
        Patches of the step; None where it is not known.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float
    fraction: float
    batch_size: int | None = None


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
    objects
        Mean average precision of its objects, where it tells them apart.
    """

    step: int
    seconds: float
    dice: float
    best: bool
    objects: float | None = None


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


@dataclass(frozen=True)
class Started(Event):
    """A process began to work on a run, or to go on with it: what was said of its end before is past.

    Attributes
    ----------
    pid, host
        Number of the process, and the computer that it runs on.
    """

    pid: int
    host: str


@dataclass(frozen=True)
class Previewed(Event):
    """The network so far was applied to a part of one plane, to be looked at.

    Attributes
    ----------
    path
        File of the probabilities, replaced by every preview: uint8, 255 is certain, (classes, Y, X), for
        `numpy.load`.
    source, index
        The image, and the plane of it.
    rows, columns
        Where the part begins and ends, in pixels of that plane. A pixel of the preview is as many of them as
        their number by the length of the preview.
    step
        When.
    """

    path: str
    source: str
    index: tuple[int, ...]
    rows: tuple[float, float]
    columns: tuple[float, float]
    step: int


@dataclass(frozen=True)
class StrokesTaken(Event):
    """A trainer took strokes of a correction session in.

    Attributes
    ----------
    last
        Number in the journal of the last of them: what it knows from now on.
    contradicted
        Pixels that said something else before; the later stroke wins.
    """

    last: int
    contradicted: int


@dataclass(frozen=True)
class VersionProposed(Event):
    """A trainer judged what it learnt from strokes.

    Attributes
    ----------
    version
        Its number, from 1.
    adopted
        Whether it is shown from now on: it obeys no fewer strokes, and does no worse on those held out.
    knows
        Number in the journal of the last stroke that it was trained on.
    obeyed, strokes
        Strokes that the version which is shown obeys, of those that were judged: after a session was opened
        again these are few at first.
    found_before, error
        Mean share of the latest strokes that was found as painted before they were learnt, and its standard
        error: NaN where there are too few.
    seconds
        How much longer there is something to learn, at most; 0 where all strokes are obeyed.
    """

    version: int
    adopted: bool
    knows: int
    obeyed: int
    strokes: int
    found_before: float
    error: float
    seconds: float


@dataclass(frozen=True)
class Waiting(Event):
    """A trainer does nothing until something is painted, or until it is told to go on.

    Attributes
    ----------
    reason
        `classes`: not every class is painted yet; `learnt`: there is nothing left to learn; `paused`.
    missing
        Names of the classes that nothing is painted of yet.
    """

    reason: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class StrokesPainted(Event):
    """A simulated annotator painted, and the network learnt from it.

    Attributes
    ----------
    strokes
        Painted so far.
    seconds
        Of machine time so far.
    dice, precision
        Mean over the classes of Dice, and average precision at IoU 0.5 of the objects, on images that were
        never touched; NaN where they were not scored this time.
    adopted
        Whether the version that learnt the last stroke was adopted.
    """

    strokes: int
    seconds: float
    dice: float
    precision: float
    adopted: bool


@dataclass(frozen=True)
class Finished(Event):
    """The last event of a job in another process that came to its end: the result as a dictionary."""

    result: dict[str, Any]


@dataclass(frozen=True)
class Failed(Event):
    """The last event of a job in another process that ended without a result.

    Attributes
    ----------
    text
        What happened and what to do, for the user.
    stopped
        Whether the user stopped it before there was anything to keep.
    """

    text: str
    stopped: bool = False


def event_from_dict(values: Mapping[str, Any]) -> Event:
    """Return the event that `as_dict` made a dictionary of, also after its way through JSON.

    Parameters
    ----------
    values
        Numbers that JSON does not know (null) come back as NaN, lists as tuples.

    Raises
    ------
    ValueError
        If it is no event that this version knows.

    Examples
    --------
    >>> event_from_dict({"event": "TileDone", "name": "cells", "done": 1, "total": 4})
    TileDone(name='cells', done=1, total=4)
    """
    name = values.get("event")
    if name not in _kinds():
        raise ValueError(f"{name!r} is no event")
    kind, types = _kinds()[name]
    try:
        return kind(**{name: _restored(values[name], types[name]) for name in types.keys() & values.keys()})
    except TypeError as error:
        raise ValueError(f"{values} is no {kind.__name__}") from error


@cache
def _kinds() -> dict[str, tuple[type[Event], dict[str, Any]]]:
    """Return all events by their names, with the types of their fields."""
    return {kind.__name__: (kind, get_type_hints(kind)) for kind in Event.__subclasses__()}


def _restored(value: Any, type_: Any) -> Any:
    if type_ is float and value is None:
        return math.nan
    return tuple(value) if get_origin(type_) is tuple else value


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
