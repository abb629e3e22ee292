"""What a trainer says, in words."""

from __future__ import annotations

import math

import pytest

from napari_cytounet.cli.correction_words import Said, in_words
from napari_cytounet.events import StrokesPainted, StrokesTaken, VersionProposed, Waiting


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (StrokesTaken(3, 0), "Stroke 3 is taken in."),
        (
            VersionProposed(12, True, 30, 27, 30, math.nan, math.nan, 9.0),
            "Version 12. 27 of 30 strokes are obeyed.",
        ),
        (
            VersionProposed(13, False, 30, 27, 30, 0.6, 0.1, 9.0),
            "Version 13, not adopted: it was worse. 27 of 30 strokes are obeyed.",
        ),
        (Waiting("paused"), "Paused."),
        (Waiting("learnt"), "Resting: there is nothing left to learn until the next stroke."),
        (StrokesPainted(3, 12.4, math.nan, math.nan, True), ""),
        (
            StrokesPainted(5, 20.2, 0.91, 0.5, True),
            "5 strokes, 20 s: Dice 0.910, average precision 0.500",
        ),
    ],
)
def test_every_event_has_its_words(event: Said, words: str) -> None:
    assert in_words(event) == words
