"""Tests of what the panel says of a session."""

from __future__ import annotations

import math

import pytest

from napari_cytounet.events import Event, Failed, Started, StrokesTaken, VersionProposed, Waiting
from napari_cytounet.widgets.correcting.state import State

OBEYED = "27 of 30 strokes obeyed, version 12"
NOT_HELPED = "Rests: more learning of the same did not help where strokes are not obeyed. Paint more there."


def _proposed(number: int, *, adopted: bool = True, seconds: float = 90.0, found: float = 0.64) -> Event:
    return VersionProposed(number, adopted, 30, 27, 30, found, 0.05, seconds)


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([], "Starting: in a few seconds it learns from what is painted."),
        (
            [Started(1, "here"), Waiting("classes", ("background", "cell"))],
            "Paint some background and cell too: nothing is painted of it yet.",
        ),
        ([StrokesTaken(1, 0)], "Learning: the first version comes in a moment."),
        (
            [_proposed(12)],
            f"{OBEYED}, 64 ± 5 % was found before it was taught, still learning: at most 2 more minutes.",
        ),
        (
            [_proposed(12, found=math.nan, seconds=20)],
            f"{OBEYED}, still learning: less than a minute more.",
        ),
        (
            [_proposed(12, found=math.nan, seconds=2000)],
            f"{OBEYED}, still learning.",
        ),
        (
            [_proposed(12, found=math.nan), _proposed(13, adopted=False, found=math.nan, seconds=0)],
            f"{OBEYED}, polishing.",
        ),
        (
            [VersionProposed(2, True, 3, 3, 3, math.nan, math.nan, 0.0), Waiting("learnt")],
            "3 of 3 strokes obeyed, version 2. Rests: everything painted is obeyed.",
        ),
        (
            [_proposed(12, found=math.nan), Waiting("learnt")],
            f"{OBEYED}. {NOT_HELPED}",
        ),
        ([Waiting("paused")], "Paused."),
        ([_proposed(12, found=math.nan), Waiting("paused")], f"Paused. {OBEYED}."),
        ([Failed("It died.")], "It learns no more."),
    ],
)
def test_what_is_said(events: list[Event], text: str) -> None:
    state = State()
    for event in events:
        state = state.after(event)
    assert state.describe() == text


def test_contradicting_strokes_are_told_until_the_next_ones() -> None:
    state = State().after(StrokesTaken(2, 17))
    assert state.warn() == "17 pixels said something else before: the later stroke wins."
    assert state.after(_proposed(1)).warn()
    assert not state.after(StrokesTaken(3, 0)).warn()
