"""Tests of the list of unfinished runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from napari_cytounet.runs.unfinished import UnfinishedRun
from napari_cytounet.widgets.training import run_list
from napari_cytounet.widgets.training.run_list import RunList

STOPPED = UnfinishedRun(Path("runs/stopped"), "2026-11-22", 120, 0.4, is_running=False, was_stopped=True)
RUNNING = UnfinishedRun(Path("runs/running"), "2026-11-21", 10, 0.1, is_running=True, was_stopped=False)


def test_unfinished_runs_are_found_and_can_be_gone_on_with(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [STOPPED, RUNNING]
    monkeypatch.setattr(run_list, "unfinished_runs", lambda folder: list(found))
    runs = RunList()
    qtbot.addWidget(runs.native)
    asked: list[UnfinishedRun] = []
    runs.resumed.connect(asked.append)
    assert runs.native.isHidden()

    runs.look_soon()
    qtbot.waitUntil(lambda: not runs.native.isHidden(), timeout=5000)
    assert runs.runs.current_choice == "stopped: 120 steps, 40% done, stopped"
    assert runs.button.text == "Resume"
    runs.button.clicked.emit(True)
    runs.runs.value = RUNNING
    assert runs.button.text == "Watch"
    runs.reset_choices()  # as napari does when layers come and go
    runs.button.clicked.emit(True)
    assert asked == [STOPPED, RUNNING]

    found.clear()
    runs.look_soon()
    qtbot.waitUntil(runs.native.isHidden, timeout=5000)
