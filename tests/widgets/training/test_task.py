"""Tests of what the window asks when it is closed while a network is trained."""

from __future__ import annotations

from typing import Any

import pytest
from napari._qt.dialogs.confirm_close_dialog import ConfirmCloseDialog
from napari.utils import progress
from napari.viewer import Viewer
from qtpy.QtCore import QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QApplication, QLabel

from napari_cytounet.widgets.training.follower import TrainingFollower, live_training
from napari_cytounet.widgets.training.start import Begun


class ClickOnTheCross(QCloseEvent):
    """What a window gets when the user closes it, not a program."""

    def spontaneous(self) -> bool:
        return True


def _closed(viewer: Viewer, answer: str) -> tuple[bool, list[str]]:
    """Click on the cross, press a button of the question, and return whether it closed and what was asked."""
    asked: list[str] = []

    def press() -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, ConfirmCloseDialog) and dialog.isVisible():
                asked.append("\n".join(label.text() for label in dialog.findChildren(QLabel)))
                (dialog.close_btn if answer == "Close" else dialog.cancel_btn).click()

    looking = QTimer()
    looking.setInterval(20)
    looking.timeout.connect(press)
    looking.start()
    event = ClickOnTheCross()
    QApplication.sendEvent(viewer.__wrapped__.window._qt_window, event)
    looking.stop()
    return event.isAccepted(), asked


def _follow(viewer: Viewer, training: Any, *, alone: bool) -> TrainingFollower:
    follower = TrainingFollower(Begun(training, goes_on_alone=alone), viewer)
    live_training.begin(follower)
    return follower


@pytest.mark.parametrize("alone", [False, True])
def test_the_window_asks_and_stays_if_that_is_the_answer(
    viewer: Viewer, training: Any, *, alone: bool
) -> None:
    follower = _follow(viewer, training, alone=alone)
    closed, asked = _closed(viewer, "Cancel")
    assert not closed
    (question,) = asked
    assert "Confirm to close window" in question
    assert "napari-cytounet: training cells" in question
    assert live_training.current is follower
    assert not training.is_stopped
    training.say_step()
    follower.look()
    assert follower.state.step == 10


@pytest.mark.parametrize("alone", [False, True])
def test_closed_all_the_same_it_stops_the_training_unless_that_may_go_on_alone(
    viewer: Viewer, training: Any, *, alone: bool
) -> None:
    _follow(viewer, training, alone=alone)
    closed, asked = _closed(viewer, "Close")
    assert closed
    assert len(asked) == 1
    assert training.is_stopped is not alone
    assert live_training.current is None
    assert list(progress._all_instances) == []


def test_without_a_training_nothing_is_asked(viewer: Viewer, training: Any) -> None:
    _follow(viewer, training, alone=False)
    training.say_end()
    assert live_training.current is not None
    live_training.current.look()
    assert _closed(viewer, "Cancel") == (True, [])
