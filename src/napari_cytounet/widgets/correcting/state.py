"""How far a session is, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from napari_cytounet.events import Event, Failed, Finished, Started, StrokesTaken, VersionProposed, Waiting

MOST_MINUTES = 5
"""Longer forecasts are not told: they help nobody."""


@dataclass(frozen=True)
class State:
    """How far a session is.

    Attributes
    ----------
    doing
        `starting`, `learning`, `ended`, or why the trainer waits: `classes`, `learnt`, `paused`.
    missing
        Names of the classes that nothing is painted of yet.
    version
        That is shown; 0 before the first.
    obeyed, strokes
        Strokes that it obeys, and all of them.
    found, error
        Share of the latest strokes that was found before they were taught, and its standard error.
    seconds
        How much longer there is something to learn, at most.
    judged
        Number in the journal of the last stroke that a proposal knew, adopted or not.
    contradicted
        Pixels of the latest strokes that said something else before.
    """

    doing: str = "starting"
    missing: tuple[str, ...] = ()
    version: int = 0
    obeyed: int = 0
    strokes: int = 0
    found: float = math.nan
    error: float = math.nan
    seconds: float = 0.0
    judged: int = 0
    contradicted: int = 0

    def after(self, event: Event) -> State:
        """Return the state after an event."""
        match event:
            case Started():
                return replace(self, doing="starting")
            case StrokesTaken():
                return replace(self, doing="learning", contradicted=event.contradicted)
            case VersionProposed():
                return replace(
                    self,
                    doing="learning",
                    missing=(),
                    version=event.version if event.adopted else self.version,
                    obeyed=event.obeyed,
                    strokes=event.strokes,
                    found=event.found_before,
                    error=event.error,
                    seconds=event.seconds,
                    judged=event.knows,
                )
            case Waiting():
                return replace(self, doing=event.reason, missing=event.missing)
            case Failed() | Finished():
                return replace(self, doing="ended")
        return self

    def describe(self) -> str:
        """Say in a few words how far the session is.

        Examples
        --------
        >>> taught = State("learning", version=12, obeyed=27, strokes=30, found=0.64, error=0.05, seconds=99)
        >>> taught.describe()
        '27 of 30 strokes obeyed, version 12, 64 ± 5 % was found before it was taught, still learning: at \
most 2 more minutes.'
        >>> State("classes", missing=("background",)).describe()
        'Paint some background too: nothing is painted of it yet.'
        """
        match self.doing:
            case "starting":
                return "Starting: in a few seconds it learns from what is painted."
            case "classes":
                return f"Paint some {_listed(self.missing)} too: nothing is painted of it yet."
            case "learning" if not self.version:
                return "Learning: the first version comes in a moment."
            case "learning":
                return f"{self._so_far()}, {self._rest()}."
            case "learnt":
                return f"{self._so_far()}. {self._at_rest()}"
            case "paused":
                return f"Paused. {self._so_far()}." if self.version else "Paused."
        return f"It learns no more. {self._so_far()}." if self.version else "It learns no more."

    def warn(self) -> str:
        """Say what was strange about the latest strokes, if anything was."""
        if not self.contradicted:
            return ""
        pixels = "1 pixel" if self.contradicted == 1 else f"{self.contradicted} pixels"
        return f"{pixels} said something else before: the later stroke wins."

    def _so_far(self) -> str:
        strokes = f"{self.obeyed} of {self.strokes} strokes obeyed, version {self.version}"
        if math.isnan(self.found) or self.error == 0:  # too few, or nothing was there yet to find any
            return strokes
        share = f"{100 * self.found:.0f} ± {100 * self.error:.0f} %"
        return f"{strokes}, {share} was found before it was taught"

    def _rest(self) -> str:
        if self.seconds <= 0:
            return "polishing"
        minutes = round(self.seconds / 60)
        if minutes < 1:
            return "still learning: less than a minute more"
        if minutes > MOST_MINUTES:  # what is said is the longest that it can take, mostly it is far less
            return "still learning"
        return f"still learning: at most {minutes} more minute{'s' if minutes > 1 else ''}"

    def _at_rest(self) -> str:
        if self.obeyed == self.strokes:
            return "Rests: everything painted is obeyed."
        return "Rests: more learning of the same did not help where strokes are not obeyed. Paint more there."


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
