"""Tests of the live plot."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from qtpy.QtWidgets import QWidget

from napari_cytounet.events import BatchDone, Notice, Validated
from napari_cytounet.widgets.training.curves import MOST_POINTS, TrainingCurves, thinned


def _step(step: int, loss: float) -> BatchDone:
    return BatchDone(step, loss, 0.001, 0.1 * step, 0.0)


def test_curves_grow_and_begin_anew(show: Callable[[QWidget], None]) -> None:
    curves = TrainingCurves()
    curves.draw()  # nobody sees it
    curves.begin("dark")
    show(curves.native)
    for event in (
        _step(1, 1.5),
        _step(2, math.nan),
        Notice("hm"),
        _step(3, 1.0),
        Validated(3, 1.0, 0.8, True),
    ):
        curves.add(event)
    curves.draw()
    assert (curves.steps, curves.losses, curves.validated) == ([1, 3], [1.5, 1.0], [(3, 0.8)])
    curves.use_theme("light")
    curves.begin("light")
    assert curves.steps == curves.losses == curves.validated == []


@pytest.mark.parametrize("count", [0, 7, MOST_POINTS, 10 * MOST_POINTS + 3])
def test_long_trainings_are_drawn_with_no_more_points_than_short_ones(count: int) -> None:
    points = thinned(list(range(count)))
    assert len(points) == min(count, len(points)) <= MOST_POINTS
    assert points == sorted(points)
