"""Whether napari stays fluid while a network is trained, and how long each widget takes to open.

Needs a screen; `make bench` runs it under Xvfb. Every window is opened in a process of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from reporting import report

PLUGIN = "napari-cytounet"
WIDGETS = (
    "Train U-Net",
    "Correct and learn",
    "Predict with U-Net",
    "Threshold to labels",
    "Measure objects",
)
OPENINGS = 5
LONGEST_OPENING = 300
TICK_MS = 5
WATCHED_SECONDS = 40.0
LONGEST_GAP = 100


def main() -> None:
    """Run both benchmarks, each window in a process of its own."""
    report_openings()
    report_gaps()


def report_openings() -> None:
    """Report how long each widget takes to open."""
    rows = []
    for widget in WIDGETS:
        milliseconds = [_in_a_new_napari("open", widget) for _ in range(OPENINGS + 1)][1:]
        rows.append(
            {
                "widget": widget,
                "median ms": round(statistics.median(milliseconds)),
                "min ms": round(min(milliseconds)),
                "max ms": round(max(milliseconds)),
                "target ms": LONGEST_OPENING,
            }
        )
    report(
        "opening",
        rows,
        note="From the call until the widget is painted, in a napari that is up and has opened none yet.",
    )


def report_gaps() -> None:
    """Report how fluid napari is."""
    report(
        "interface",
        [*_in_a_new_napari("watch", ""), *_in_a_new_napari("predict", "")],
        note=f"Time between two ticks of a timer of {TICK_MS} ms in napari's event loop, over "
        f"{WATCHED_SECONDS:.0f} s each. Trained is a stack of 1024 x 1024 pixels with four labelled planes, "
        "preset balanced, on the cores that the preferences give: all but one. Predicted are 4096 x 4096 "
        "pixels of synthetic cells in 16 tiles, with a network of the preset fast, into three layers.",
    )


def _in_a_new_napari(task: str, argument: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "NAPARI_CONFIG": str(Path(folder) / "settings.yaml"),
            # Python may be told to keep no compiled files, which users have after the first time.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "bench_interface_compiled"),
        }
        command = [sys.executable, __file__, task, argument, folder]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def opening(widget: str, _: Path) -> float:
    """Return the milliseconds that a widget takes to open."""
    viewer = _viewer()
    _let_pass(2.0)
    began = time.perf_counter()
    viewer.window.add_plugin_dock_widget(PLUGIN, widget)
    _process_events()
    took = 1000 * (time.perf_counter() - began)
    _let_pass(1.0)
    viewer.close()
    return took


def watching(_: str, folder: Path) -> list[dict[str, Any]]:
    """Return how the gaps between ticks are spread, without and with a training."""
    from napari.settings import get_plugin_settings

    from napari_cytounet.images.samples.synthetic import make_cells
    from napari_cytounet.widgets.training.follower import live_training

    viewer = _viewer()
    get_plugin_settings(PLUGIN).computing.runs_folder = str(folder / "runs")
    fields = [make_cells("dic", shape=(1024, 1024), count=120, seed=seed) for seed in range(4)]
    viewer.add_image(np.stack([field.image for field in fields]), name="cells")
    viewer.add_labels(np.stack([field.instances for field in fields]), name="painted")
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, "Train U-Net")
    _let_pass(3.0)
    rows = [_row("no training", _gaps(lambda: _let_pass(WATCHED_SECONDS)))]

    widget.choices.minutes.value = 10
    widget.train_button.clicked.emit(True)
    _wait_until(lambda: live_training.current is not None and bool(widget.curves.losses))
    rows.append(_row("training", _gaps(lambda: _let_pass(WATCHED_SECONDS))))
    if live_training.current is None:
        sys.exit("The training ended too early.")
    steps = len(widget.curves.losses)
    live_training.current.stop()
    _wait_until(lambda: live_training.current is None)
    rows[-1]["steps"] = steps
    viewer.close()
    return rows


def predicting(_: str, folder: Path) -> list[dict[str, Any]]:
    """Return how the gaps are spread while a prediction comes tile by tile."""
    from napari_cytounet import train
    from napari_cytounet.images.samples.synthetic import make_cells, write_synthetic
    from napari_cytounet.settings import TrainingSettings, TrainSettings
    from napari_cytounet.widgets.model_choice import model_choice

    learnt = write_synthetic(folder / "learnt", "fluorescence", images=4, validation=1, shape=(512, 512))
    settings = TrainSettings(training=TrainingSettings(preset="fast", steps=100))
    model = train(learnt, out=folder / "run", settings=settings).model
    viewer = _viewer()
    field = make_cells("fluorescence", shape=(1024, 1024), count=120, seed=7).image
    viewer.add_image(np.tile(field, (4, 4)), name="cells")
    model_choice.choose(model)
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, "Predict with U-Net")
    _let_pass(3.0)

    def predict() -> None:
        widget.predict.clicked.emit(True)
        _wait_until(lambda: not widget.is_busy)

    row = _row("predicting", _gaps(predict))
    print(widget.status.value, file=sys.stderr)
    viewer.close()
    return [row]


def _gaps(let_pass: Callable[[], object]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the milliseconds between ticks of a timer while something goes on."""
    from qtpy.QtCore import Qt, QTimer

    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    let_pass()
    timer.stop()
    return 1000 * np.diff(ticks)


def _row(state: str, gaps: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    percentiles = {f"{name} ms": round(float(np.percentile(gaps, at)), 1) for name, at in PERCENTILES.items()}
    return {"state": state, "ticks": len(gaps), **percentiles, "target ms (99 %)": LONGEST_GAP, "steps": 0}


PERCENTILES = {"median": 50, "95 %": 95, "99 %": 99, "max": 100}


def _viewer() -> Any:
    import napari

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    _let_pass(1.0)
    return viewer


def _let_pass(seconds: float) -> None:
    """Run napari's event loop for some time."""
    from qtpy.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def _process_events() -> None:
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()


def _wait_until(is_so: Callable[[], bool], patience: float = 120.0) -> None:
    until = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > until:
            sys.exit("Nothing happened for two minutes.")
        _let_pass(0.2)


TASKS: dict[str, Callable[[str, Path], Any]] = {"open": opening, "watch": watching, "predict": predicting}

if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(TASKS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
