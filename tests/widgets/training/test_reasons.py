"""Tests of the reasons for loss and regularisation: they follow what is chosen."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from napari_cytounet.settings import LossSettings, TrainSettings
from napari_cytounet.widgets.training.reasons import TrainingReasons


def test_the_reasons_follow_what_is_chosen(qtbot: QtBot) -> None:
    chosen: list[TrainSettings | None] = [TrainSettings()]
    reasons = TrainingReasons(lambda: chosen[-1])
    qtbot.addWidget(reasons.native)
    reasons.follow()
    assert reasons.text.value == ""  # out of sight
    reasons.line.clicked.emit(True)
    assert reasons.is_open
    assert "soft Dice keeps small foreground" in reasons.text.value
    chosen.append(TrainSettings(loss=LossSettings(loss="dice", border_weight=10)))
    reasons.follow()
    assert "Loss: dice." in reasons.text.value
    assert "Border weight: 10." in reasons.text.value
    chosen.append(None)  # a field holds what it cannot
    reasons.follow()
    assert "Loss: dice." in reasons.text.value
