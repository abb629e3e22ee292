"""Train twice, and see what the difference was."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.slow
def test_two_trainings_are_compared(user: Any) -> None:
    user.viewer.open_sample("napari-cytounet", "dic")
    for steps in (60, 150):
        _train(user, steps)
    runs = user.opens("Runs")
    user.waits(lambda: len(runs.table.model_of_runs.runs) == 2)
    runs.table.selectRow(0)
    runs.note.value = "with more steps"
    runs.note.native.editingFinished.emit()
    user.waits(lambda: any(run.note == "with more steps" for run in runs.table.model_of_runs.runs))
    runs.table.selectAll()
    runs.compare.native.click()
    user.waits(lambda: "settings.training.steps: 150, then 60" in runs.said.value)
    user.shoots("runs")


def _train(user: Any, steps: int) -> None:
    train = user.opens("Train U-Net")
    user.waits(lambda: bool(train.sources.meaning.found.value))
    user.trains(train, steps=steps)
