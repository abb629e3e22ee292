"""Tests of what is said of the time before a training."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from napari_cytounet.runs.estimate import Estimate
from napari_cytounet.settings import DeviceSettings, TrainingSettings, TrainSettings
from napari_cytounet.widgets.training import estimate as training_estimate
from napari_cytounet.widgets.training.estimate import UNKNOWN, TrainingEstimate

ONE_MINUTE = TrainSettings(training=TrainingSettings(minutes=1), device=DeviceSettings(threads=1))


@pytest.fixture
def no_earlier_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_estimate, "estimate", lambda *_: None)


def _shown(qtbot: QtBot, settings: TrainSettings | None = ONE_MINUTE) -> TrainingEstimate:
    shown = TrainingEstimate(lambda: settings)
    qtbot.addWidget(shown.native)
    shown.look_soon()
    return shown


def test_an_earlier_run_tells(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def found(*what: Any) -> Estimate:
        asked.append(what)
        return Estimate(0.0672, 890, 60.0, "as fast as the run cells")

    monkeypatch.setattr(training_estimate, "estimate", found)
    shown = _shown(qtbot)
    shown.look_soon()
    expected = "About 890 steps at 0.067 s each on this computer, 1 minute (as fast as the run cells)."
    qtbot.waitUntil(lambda: shown.line.value == expected, timeout=5000)
    assert shown.button.native.isHidden()
    assert [(settings, threads) for settings, _, threads in asked] == [(ONE_MINUTE, 1)]


@pytest.mark.usefixtures("no_earlier_run")
def test_where_no_run_tells_it_can_be_measured(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "print('{\"seconds_per_step\": 0.5}')"
    monkeypatch.setattr(training_estimate, "speed_command", lambda *_: [sys.executable, "-c", program])
    shown = _shown(qtbot)
    qtbot.waitUntil(lambda: shown.line.value == UNKNOWN, timeout=5000)
    assert not shown.button.native.isHidden()
    shown.button.clicked.emit(True)
    assert shown.line.value == "Measuring …"
    qtbot.waitUntil(lambda: shown.line.value.startswith("About 120 steps at 0.5 s each"), timeout=5000)
    assert shown.button.native.isHidden()


@pytest.mark.usefixtures("no_earlier_run")
def test_a_measurement_that_fails_says_why(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[str] = []
    monkeypatch.setattr("napari_cytounet.widgets.jobs.show_error", errors.append)
    command = [sys.executable, "-c", "raise SystemExit('no room')"]
    monkeypatch.setattr(training_estimate, "speed_command", lambda *_: command)
    shown = _shown(qtbot)
    qtbot.waitUntil(lambda: shown.line.value == UNKNOWN, timeout=5000)
    shown.button.clicked.emit(True)
    qtbot.waitUntil(lambda: bool(errors), timeout=5000)
    assert errors == ["The speed of a training could not be measured: no room"]
    qtbot.waitUntil(lambda: shown.line.value == UNKNOWN, timeout=5000)
    assert shown.button.enabled


def test_fields_that_hold_nonsense_are_passed_over(qtbot: QtBot) -> None:
    shown = _shown(qtbot, None)
    qtbot.wait(400)
    shown.measure()
    assert shown.line.value == ""
