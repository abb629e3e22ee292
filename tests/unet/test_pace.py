"""When a training is how far."""

from __future__ import annotations

import pytest

from napari_cytounet.unet.pace import ClockPace, Pace, RecordedPace, StepPace, rate_at


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [rate_at(n / 1000) for n in range(1001)]
    top = rates.index(max(rates))
    assert rates[top] == pytest.approx(1)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0)


@pytest.mark.parametrize("steps", [1, 2, 7, 10, 95, 1000])
def test_a_budget_in_steps_takes_exactly_these(steps: int) -> None:
    pace: Pace = StepPace(steps, highest=0.1)
    taken = [step for step in range(1, steps + 5) if pace.fraction(step, 1e9) < 1]
    assert taken == list(range(1, steps + 1))
    assert all(0 < pace.rate(step, pace.fraction(step, 0)) <= 0.1 for step in taken)
    validated = [step for step in taken if pace.validates(step, 0)]
    assert validated[-1] == steps
    assert len(validated) <= 11


def test_a_budget_in_minutes_ends_early_enough_for_the_last_validation() -> None:
    pace = ClockPace(budget=100, highest=1)
    assert pace.fraction(1, 0) == 0
    assert pace.fraction(5, 99) >= 1
    pace.validation_took(10)
    assert pace.fraction(5, 88) >= 1
    assert pace.fraction(5, 80) < 1


def test_slow_validations_are_made_less_often() -> None:
    def validations(seconds: float) -> int:
        pace, count, now = ClockPace(budget=100, highest=1), 0, 0.0
        while pace.fraction(1, now) < 1:
            now += 0.5
            if pace.validates(1, now):
                count += 1
                pace.validation_took(seconds)
                now += seconds
        return count

    assert validations(0.01) > 2 * validations(5) > 0


def test_a_recorded_pace_repeats_rates_and_validations() -> None:
    pace = RecordedPace((0.1, 0.3, 0.2), frozenset({2, 3}))
    assert [pace.fraction(step, 0) < 1 for step in (1, 2, 3, 4)] == [True, True, True, False]
    assert [pace.rate(step, 0) for step in (1, 2, 3)] == [0.1, 0.3, 0.2]
    assert [pace.validates(step, 0) for step in (1, 2, 3)] == [False, True, True]
    assert [pace.batch_size(step) for step in (1, 2, 3)] == [None] * 3
    short_of_memory = RecordedPace((0.1, 0.3), frozenset(), (8, 4))
    assert [short_of_memory.batch_size(step) for step in (1, 2)] == [8, 4]
