"""Tests of waiting for a job while the window lives."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QProgressDialog, QPushButton

from napari_cytounet.errors import Cancelled, SampleError
from napari_cytounet.events import Event, Progress
from napari_cytounet.widgets.contributions.waiting import result_of


def _dialogs() -> list[QProgressDialog]:
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, QProgressDialog) and widget.isVisible()
    ]


def test_the_result_and_the_error_of_a_job_come_back(qtbot: QtBot) -> None:
    def job(cancel: threading.Event) -> Generator[Event, None, str]:
        yield Progress("files", 1, 2)
        return threading.current_thread().name

    def failing(cancel: threading.Event) -> Generator[Event, None, str]:
        yield Progress("files", 1, 2)
        raise SampleError("no network")

    assert result_of(job, "Fetching") != threading.current_thread().name
    with pytest.raises(SampleError, match="no network"):
        result_of(failing, "Fetching")


def test_meanwhile_the_window_lives_and_the_job_can_be_stopped(qtbot: QtBot) -> None:
    shown: list[tuple[str, int, int]] = []

    def job(cancel: threading.Event) -> Generator[Event, None, None]:
        while not cancel.wait(0.01):
            yield Progress("files", 3, 120)
        raise Cancelled("Stopped.")

    def press_stop() -> None:
        for dialog in _dialogs():
            shown.append((dialog.labelText(), dialog.value(), dialog.maximum()))
            (stop,) = dialog.findChildren(QPushButton)
            stop.click()

    looking = QTimer()
    looking.setInterval(20)
    looking.timeout.connect(press_stop)
    looking.start()
    with pytest.raises(Cancelled, match="Stopped"):
        result_of(job, "Fetching 33 MB")
    looking.stop()
    assert shown == [("Fetching 33 MB", 3, 120)]
    assert _dialogs() == []
