"""How fast is learnt."""

from __future__ import annotations

import pytest

from napari_cytounet.correction.learning_rate import LEAST, RISE, SETTLING, LearningRate


def test_it_begins_at_the_highest_and_falls_with_each_step_to_a_least() -> None:
    rate = LearningRate(0.1)
    assert rate.now == 0.1
    rate.settle()
    assert rate.now == pytest.approx(0.1 * SETTLING)
    for _ in range(500):
        rate.settle()
    assert rate.now == pytest.approx(0.1 * LEAST)


def test_what_was_not_found_raises_it_to_the_highest_at_most() -> None:
    rate = LearningRate(0.1)
    rate.rest()
    assert rate.now == pytest.approx(0.1 * LEAST)
    rate.rise(found=0.5)
    assert rate.now == pytest.approx(0.1 * RISE / 2)
    rate.rise(found=1.0)
    assert rate.now == pytest.approx(0.1 * RISE / 2)
    for _ in range(5):
        rate.rise(found=0.0)
    assert rate.now == 0.1
