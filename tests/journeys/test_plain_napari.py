"""A plain `napari`, as a user starts it: the plugin is there, and nothing complains when it closes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SECONDS = 120

SESSION = """
import sys
import napari
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

WIDGETS = ["Train U-Net", "Predict with U-Net", "Threshold to labels", "Measure objects", "Runs"]
steps = []

def use(run=napari.run, **how):
    viewer = napari.current_viewer()
    def open_next():
        if WIDGETS:
            name = WIDGETS.pop(0)
            viewer.window.add_plugin_dock_widget("napari-cytounet", name)
            steps.append(name)
            QTimer.singleShot(500, open_next)
        else:
            viewer.window.close()
            QApplication.instance().quit()
    QTimer.singleShot(500, open_next)
    run(**how)

napari.run = use
sys.argv = ["napari"]
from napari.__main__ import main
main()
print("opened", ", ".join(steps))
"""


@pytest.mark.slow
def test_a_plain_napari_has_the_plugin_and_closes_in_silence(user: Any, tmp_path: Path) -> None:
    user.viewer.close()
    environment = os.environ | {"NAPARI_CONFIG": str(tmp_path / "settings.yaml")}
    done = subprocess.run(
        [sys.executable, "-c", SESSION], env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    assert "opened Train U-Net, Predict with U-Net, Threshold to labels, Measure objects, Runs" in done.stdout
    complaints = [line for line in done.stderr.splitlines() if "Warning" in line or "Traceback" in line]
    assert complaints == [], done.stderr
