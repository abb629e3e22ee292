"""Charts: what is drawn where."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from napari_cytounet.runs.report.charts import (
    HEIGHT,
    LEFT,
    MOST_POINTS,
    RIGHT,
    WIDTH,
    Line,
    Series,
    line_chart,
    nice_ticks,
    strip_chart,
)

numbers = st.floats(-1e6, 1e6)


@given(numbers, st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_inside(low: float, span: float) -> None:
    ticks = nice_ticks(low, low + span)
    assert len(ticks) <= 6
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


@given(st.lists(numbers, min_size=1, max_size=50))
@example(values=[5e-324])
def test_any_points_make_a_chart_inside_its_frame(values: list[float]) -> None:
    series = Series("a", list(range(len(values))), values, "loss", dots=True)
    drawn = ET.fromstring(line_chart([series], x="x", y="y"))  # noqa: S314
    for dot in drawn.iter("circle"):
        assert LEFT <= float(dot.attrib["cx"]) <= WIDTH - RIGHT
        assert 0 <= float(dot.attrib["cy"]) <= HEIGHT


def test_points_stand_where_they_belong() -> None:
    svg = line_chart(
        [Series("a", [0, 1, 2], [0.0, float("nan"), 1.0], "score")], x="x", y="y", y_range=(0, 1)
    )
    ((first, last),) = [points.split() for points in re.findall(r'points="([^"]*)"', svg)]
    assert first == f"{LEFT:.1f},220.0"
    assert last == f"{WIDTH - RIGHT:.1f},14.0"


def test_long_series_are_thinned_to_means() -> None:
    steps = list(range(10_000))
    svg = line_chart([Series("a", steps, np.sin(steps).tolist(), "loss")], x="x", y="y")
    (points,) = re.findall(r'points="([^"]*)"', svg)
    assert len(points.split()) <= MOST_POINTS


def test_dots_that_would_lie_on_one_another_move_apart() -> None:
    svg = strip_chart(
        {f"image <{n}>": 0.9 for n in range(5)}, x="Dice", lines=[Line("mean", 0.9, upright=True)]
    )
    drawn = ET.fromstring(svg)  # noqa: S314
    places = {(dot.attrib["cx"], dot.attrib["cy"]) for dot in drawn.iter("circle")}
    assert len(places) == 5


@pytest.mark.parametrize("upright", [True, False])
def test_lines_go_across(upright: bool) -> None:
    svg = line_chart([Series("a", [0, 1], [0, 1], "loss")], x="x", y="y", lines=[Line("here", 0.5, upright)])
    assert "here: 0.5" in svg
