"""Whether napari stays fluid while one corrects, and how soon a stroke is seen in the prediction.

Needs a screen; `make bench` runs it under Xvfb. Every window is opened in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from bench_interface import PLUGIN, _let_pass, _viewer, _wait_until
from reporting import report

WIDGET = "Correct and learn"
KINDS = ("1024 numpy", "8192 numpy", "8192 zarr")
WATCHED_SECONDS = 20.0
TICK_MS = 5
DAB_MS = 16
DABS = 20
STROKES = 40
FIELD = 512
PATIENCE = 30.0


def main() -> None:
    """Run all parts, each window in a process of its own."""
    report(
        "correction_interface",
        [row for kind in KINDS for row in _in_a_new_napari("fluid", kind)],
        note=f"Time between two ticks of a timer of {TICK_MS} ms in napari's event loop, over "
        f"{WATCHED_SECONDS:.0f} s each: nothing done; {DABS} dabs a stroke, one every {DAB_MS} ms, without a "
        "session; the same in a session while its trainer learns. Written is the time that the journal takes "
        "of the stroke's end.",
    )
    report(
        "correction_latency",
        _in_a_new_napari("latency", ""),
        note=f"From the end of a stroke until a field of {FIELD} x {FIELD} pixels is shown as predicted by a "
        f"version that was trained on it, over {STROKES} strokes from nothing.",
    )


def fluid(kind: str, folder: Path) -> list[dict[str, Any]]:
    """Return how the gaps between ticks are spread, at rest and while painting."""
    from napari_cytounet.widgets.correcting.recorder import StrokeRecorder

    size, where = kind.split()
    image, instances = _cells(int(size))
    viewer = _viewer()
    viewer.add_image(_stored(image, folder) if where == "zarr" else image, name="cells")
    rows = [_row(kind, "at rest", _gaps(lambda: None))]
    plain = viewer.add_labels(np.zeros(image.shape, np.uint8), name="plain")
    plain.brush_size = 9
    rows.append(_row(kind, "painting, no session", _gaps(_Painter(plain, instances).dab)))
    plain.visible = False

    spent: list[float] = []
    on_change = StrokeRecorder._on_change  # noqa: SLF001 what is timed

    def timed(self: StrokeRecorder, event: Any = None) -> None:
        began = time.perf_counter()
        before = self._ledger.last
        on_change(self, event)
        if self._ledger.last != before:
            spent.append(1000 * (time.perf_counter() - began))

    StrokeRecorder._on_change = timed  # type: ignore[method-assign]  # noqa: SLF001
    live = _session(viewer, folder)
    painter = _Painter(live.stage.strokes, instances)
    for _ in range(12 * DABS):
        painter.dab()
    _wait_until(lambda: live.view.field is not None)
    _let_pass(3.0)
    spent.clear()
    rows.append(_row(kind, "painting while it learns", _gaps(painter.dab)))
    rows[-1]["written ms, median"] = round(float(np.median(spent)), 2)
    rows[-1]["written ms, max"] = round(max(spent), 2)
    rows[-1]["strokes"] = len(spent)
    live.leave()
    _let_pass(3.0)
    viewer.close()
    return rows


def latency(_: str, folder: Path) -> list[dict[str, Any]]:
    """Return how long strokes take to be seen."""
    from napari_cytounet.events import VersionProposed

    image, instances = _cells(1024)
    viewer = _viewer()
    viewer.add_image(image, name="cells")
    live = _session(viewer, folder)
    canvas = np.asarray(viewer.canvas.viewbox_size(viewer.layers), float)
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0.0, 512.0, 512.0), float((canvas / FIELD).max())
    knows: dict[int, int] = {}
    proposals: list[bool] = []

    def note(events: list[Any]) -> None:
        for event in events:
            if isinstance(event, VersionProposed):
                proposals.append(event.adopted)
                knows[event.version] = event.knows

    live.follower.looked.connect(note)
    shown: list[tuple[float, int]] = []
    live.view.shown.connect(lambda field: shown.append((time.perf_counter(), knows.get(field.version, 0))))
    painter = _Painter(live.stage.strokes, instances, within=(slice(300, 724), slice(300, 724)))
    for _ in range(4 * DABS):  # until then it waits for both classes
        painter.dab()
    _wait_until(lambda: live.view.field is not None)
    taken: list[float] = []
    for _ in range(STROKES):
        for _ in range(DABS):
            painter.dab()
            _let_pass(DAB_MS / 1000)
        ended, number = time.perf_counter(), live.opened.ledger.last
        until = ended + PATIENCE
        while not any(known >= number for _, known in shown) and time.perf_counter() < until:
            _let_pass(0.05)
        seen = [at for at, known in shown if known >= number]
        taken.append(seen[0] - ended if seen else PATIENCE)
        shown.clear()
    field = live.view.field
    live.leave()
    _let_pass(3.0)
    viewer.close()
    return [
        {
            "field": "x".join(map(str, field.box.shape)),
            "median s": round(float(np.median(taken)), 2),
            "95 % s": round(float(np.percentile(taken, 95)), 2),
            "max s": round(max(taken), 2),
            "first ten s": round(float(np.median(taken[:10])), 2),
            "last ten s": round(float(np.median(taken[-10:])), 2),
            "never": sum(seconds >= PATIENCE for seconds in taken),
            "adopted": f"{sum(proposals)} of {len(proposals)}",
            "target s": "3 (median), 6 (95 %)",
        }
    ]


class _Painter:
    """Paints strokes on cells and on background in turn, one dab a call."""

    def __init__(self, layer: Any, instances: Any, within: tuple[slice, slice] | None = None) -> None:
        self._layer = layer
        part = within or (slice(0, 1024), slice(0, 1024))
        first = np.array([along.start for along in part])
        inside = instances[part]
        self._cells = np.argwhere(inside > 0) + first
        self._background = np.argwhere(inside == 0) + first
        self._random = np.random.default_rng(0)
        self._strokes = self._dabs = 0
        self._stroke = ExitStack()
        self._at = np.zeros(2)

    def dab(self) -> None:
        layer = self._layer
        if self._dabs == 0:
            places = self._cells if self._strokes % 2 == 0 else self._background
            self._at = places[int(self._random.integers(len(places)))].astype(float)
            self._stroke.enter_context(layer.block_history())
        layer.paint(tuple(self._at), 2 if self._strokes % 2 == 0 else 1)
        self._at += self._random.uniform(-1, 1, 2)
        self._dabs += 1
        if self._dabs == DABS:
            self._stroke.close()
            self._dabs = 0
            self._strokes += 1


def _session(viewer: Any, folder: Path) -> Any:
    from napari.settings import get_plugin_settings

    get_plugin_settings(PLUGIN).computing.runs_folder = str(folder / "runs")
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, WIDGET)
    widget.form.image.value = viewer.layers["cells"]
    widget.start_button.clicked.emit(True)
    _wait_until(lambda: widget.live is not None and widget.live.stage.is_there)
    return widget.live


def _cells(size: int) -> tuple[Any, Any]:
    """Return an image of a size, tiled from one of 1024, and the objects of the first tile."""
    from napari_cytounet.images.samples.synthetic import make_cells

    cells = make_cells("fluorescence", shape=(1024, 1024), count=120, seed=0)
    return np.tile(cells.image, (size // 1024, size // 1024)), cells.instances


def _stored(image: Any, folder: Path) -> Any:
    import zarr

    return zarr.create_array(str(folder / "cells.zarr"), data=image, chunks=(1024, 1024))


def _gaps(act: Callable[[], object]) -> Any:
    """Return the milliseconds between ticks of a timer, while something is done every so often."""
    from qtpy.QtCore import Qt, QTimer

    ticks: list[float] = []
    timer, hand = QTimer(), QTimer()
    for each, interval in ((timer, TICK_MS), (hand, DAB_MS)):
        each.setTimerType(Qt.TimerType.PreciseTimer)
        each.setInterval(interval)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    hand.timeout.connect(act)
    timer.start()
    hand.start()
    _let_pass(WATCHED_SECONDS)
    timer.stop()
    hand.stop()
    return 1000 * np.diff(ticks)


def _row(kind: str, state: str, gaps: Any) -> dict[str, Any]:
    median, high, highest = (round(float(np.percentile(gaps, at)), 1) for at in (50, 99, 100))
    return {
        "image": kind,
        "state": state,
        "ticks": len(gaps),
        "median ms": median,
        "99 % ms": high,
        "max ms": highest,
        "written ms, median": None,
        "written ms, max": None,
        "strokes": None,
    }


def _in_a_new_napari(task: str, argument: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NAPARI_CONFIG": str(Path(folder) / "settings.yaml")}
        command = [sys.executable, __file__, task, argument, folder]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


TASKS: dict[str, Callable[[str, Path], Any]] = {"fluid": fluid, "latency": latency}

if __name__ == "__main__":
    if len(sys.argv) == 4:
        print(json.dumps(TASKS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
