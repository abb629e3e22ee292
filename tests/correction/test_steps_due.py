"""How long is learnt: what each stroke is worth, and when it rests."""

from __future__ import annotations

import pytest

from napari_cytounet.correction.steps_due import (
    FIRST_STEPS,
    MOST_DUE,
    MOST_PATIENCE,
    PATIENCE,
    STEPS_A_STROKE,
    StepsDue,
)


def _take(due: StepsDue, steps: int) -> None:
    for _ in range(steps):
        due.step_taken()


def test_each_stroke_is_worth_some_steps_after_which_it_rests() -> None:
    due = StepsDue()
    _take(due, FIRST_STEPS)
    assert due.left(shown=True, obeyed=True) == 0
    due.strokes_came(3)
    assert due.left(shown=True, obeyed=True) == 3 * STEPS_A_STROKE
    _take(due, 3 * STEPS_A_STROKE - 1)
    assert due.left(shown=True, obeyed=True) == 1
    _take(due, 1)
    assert due.left(shown=True, obeyed=True) == 0


def test_a_latest_stroke_that_is_not_obeyed_is_tried_for_a_while() -> None:
    due = StepsDue()
    _take(due, FIRST_STEPS)
    assert due.left(shown=True, obeyed=False) == PATIENCE
    _take(due, PATIENCE)
    assert due.left(shown=True, obeyed=False) == 0
    due.strokes_came(1)
    assert due.left(shown=True, obeyed=True) == STEPS_A_STROKE  # what was tried longer is not taken off


@pytest.mark.parametrize("obeyed", [True, False])
def test_what_is_in_no_version_that_is_shown_is_tried_longer(obeyed: bool) -> None:
    due = StepsDue()
    _take(due, FIRST_STEPS + PATIENCE)
    assert due.left(shown=False, obeyed=obeyed) == MOST_PATIENCE - PATIENCE > 0
    _take(due, MOST_PATIENCE)
    assert due.left(shown=False, obeyed=obeyed) == 0


def test_thousands_at_once_are_not_learnt_for_hours() -> None:
    due = StepsDue()
    due.strokes_came(5000)
    assert due.left(shown=True, obeyed=True) == MOST_DUE
    due.begin_with(5000)
    assert due.left(shown=True, obeyed=True) == MOST_DUE


def test_nothing_new_changes_nothing() -> None:
    due = StepsDue()
    _take(due, FIRST_STEPS + PATIENCE)
    due.strokes_came(0)
    assert due.left(shown=True, obeyed=False) == 0


def test_a_version_that_is_shown_again_is_judged_at_least() -> None:
    due = StepsDue()
    due.begin_with(0)
    assert due.left(shown=True, obeyed=True) == STEPS_A_STROKE
    due.begin_with(4)
    assert due.left(shown=True, obeyed=True) == 4 * STEPS_A_STROKE
