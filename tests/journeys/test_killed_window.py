"""A window is killed while it paints: another one finds every stroke that was finished, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.runs.run_lock import lock_holder

FINISHED = 60
"""Strokes after which the window is killed."""


@pytest.mark.slow
def test_a_killed_window_loses_no_stroke(user: Any, tmp_path: Path) -> None:
    runs, image = tmp_path / "runs", tmp_path / "cells.npy"
    np.save(image, make_cells("fluorescence", shape=(200, 200), count=12, seed=3).image)
    command = [sys.executable, str(Path(__file__).with_name("painting_window.py")), str(runs), str(image)]
    environment = os.environ | {"NAPARI_CONFIG": str(tmp_path / "other.yaml")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as window:
        assert window.stdout is not None
        finished = [tuple(map(int, window.stdout.readline().split())) for _ in range(FINISHED)]
        window.kill()
        finished += [
            tuple(map(int, line.split())) for line in window.stdout.readlines() if line.endswith("\n")
        ]
    (folder,) = runs.iterdir()

    widget = user.opens("Correct and learn")
    widget.form.source.value = "session"
    widget.form.sessions.other.value = folder
    widget.start_button.native.click()
    user.waits(lambda: widget.live is not None and widget.live.stage.is_there)
    live = widget.live
    expected = Labels(np.zeros((200, 200), np.uint8))
    expected.brush_size = live.stage.strokes.brush_size
    for row, column, value in finished:
        for step in range(5):
            expected.paint((row, column + step), value)
    found = live.stage.strokes.data
    wrong = np.argwhere(found != expected.data)
    # The stroke that was being painted may be there as well: it is no larger than the brush and its way.
    assert len(wrong) == 0 or np.ptp(wrong, axis=0).max() <= expected.brush_size + 5
    assert live.stage.strokes.editable, "the lock of the window that was killed is free"
    user.waits(lambda: live.follower.state.version > 0)
    widget.close_session()
    user.waits(lambda: lock_holder(folder) is None)
