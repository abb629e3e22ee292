"""A window that paints without end in a session of its own, and says each stroke that it has finished.

`test_killed_window.py` starts it, and kills it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from napari import Viewer, run, settings
from qtpy.QtCore import QTimer

from napari_cytounet.widgets.correcting.correct import CorrectWidget
from napari_cytounet.widgets.preferences import PLUGIN


def main(folder: Path, image: Path) -> None:
    """Begin a session in a folder for runs, and paint."""
    settings.get_plugin_settings(PLUGIN).computing.runs_folder = str(folder)
    viewer = Viewer(show=False)
    viewer.add_image(np.load(image), name="cells")
    widget = CorrectWidget(viewer)
    viewer.window.add_dock_widget(widget)
    random = np.random.default_rng(0)

    def paint() -> None:
        if widget.live is None or not widget.live.stage.is_there:
            return
        layer = widget.live.stage.strokes
        place, value = random.integers(10, 180, 2), int(random.integers(0, 3))
        with layer.block_history():
            for step in range(5):
                layer.paint((place[0], place[1] + step), value)
        sys.stdout.write(f"{place[0]} {place[1]} {value}\n")
        sys.stdout.flush()

    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(paint)
    timer.start()
    widget.start_button.clicked.emit(True)
    run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
