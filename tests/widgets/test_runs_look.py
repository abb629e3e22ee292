"""The folder of runs is looked through in a thread, and nobody is told who is gone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_cytounet.widgets import runs_look
from napari_cytounet.widgets.runs_look import RunsLook


def test_what_is_in_the_folder_is_told(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_look, "runs_folder", lambda: tmp_path)
    owner = QWidget()
    qtbot.addWidget(owner)
    threads: list[threading.Thread] = []

    def look(folder: Path) -> Path:
        threads.append(threading.current_thread())
        return folder

    told: list[Path] = []
    looking = RunsLook(owner, look, told.append, lambda _: None)
    looking.soon()
    qtbot.waitUntil(lambda: told == [tmp_path], timeout=5000)
    assert threads[0] is not threading.main_thread()


def test_an_owner_that_is_gone_is_told_nothing(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_look, "runs_folder", lambda: tmp_path)
    owner = QWidget()
    begun, go_on = threading.Event(), threading.Event()

    def look(folder: Path) -> Path:
        begun.set()
        go_on.wait(5)
        return folder

    told: list[Path] = []
    looking = RunsLook(owner, look, told.append, lambda _: None)
    looking.soon()
    qtbot.waitUntil(begun.is_set, timeout=5000)
    owner.deleteLater()
    qtbot.wait(50)
    go_on.set()
    qtbot.wait(200)
    assert told == []
