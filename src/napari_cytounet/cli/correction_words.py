"""What a trainer and a played annotator say, in words."""

from __future__ import annotations

import math

from napari_cytounet import events

Said = events.StrokesTaken | events.VersionProposed | events.Waiting | events.StrokesPainted
"""The events that are told in words."""


def in_words(event: Said) -> str:
    """Return an event of a correction session as a sentence, empty if it is not worth one.

    Examples
    --------
    >>> in_words(events.StrokesTaken(last=7, contradicted=30))
    'Stroke 7 is taken in; 30 pixels said something else before: the later stroke wins.'
    >>> in_words(events.Waiting("classes", ("background",)))
    'Waiting: nothing is painted yet of background.'
    """
    match event:
        case events.StrokesTaken():
            contradicted = f"; {event.contradicted} pixels said something else before: the later stroke wins"
            return f"Stroke {event.last} is taken in{contradicted if event.contradicted else ''}."
        case events.VersionProposed():
            fate = "" if event.adopted else ", not adopted: it was worse"
            return f"Version {event.version}{fate}. {event.obeyed} of {event.strokes} strokes are obeyed."
        case events.Waiting(reason="classes"):
            return f"Waiting: nothing is painted yet of {', '.join(event.missing)}."
        case events.Waiting(reason="paused"):
            return "Paused."
        case events.Waiting():
            return "Resting: there is nothing left to learn until the next stroke."
        case events.StrokesPainted():
            if math.isnan(event.dice):
                return ""
            return (
                f"{event.strokes} strokes, {event.seconds:.0f} s: Dice {event.dice:.3f}, average precision "
                f"{event.precision:.3f}"
            )
