"""How fast the preview of the threshold widget follows its slider, in a real window.

Run it where there is a screen, or with `xvfb-run -a -s "-screen 0 1280x800x24"`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import napari
import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication
from reporting import report
from scipy.ndimage import gaussian_filter

from napari_cytounet.widgets.thresholding.threshold import ThresholdWidget

CHANGES = 100
SIDE = 2048
TARGET_MS = 50
PROBABILITIES = {
    "napari-cytounet": {"kind": "probabilities", "classes": ["a", "b", "c"], "thresholds": [0.5, 0.5, 0.5]}
}


CASES = ("uint8", "uint16", "float32", "float32, 3 classes", "uint16, all of 8192 x 8192 in sight")


def main() -> None:
    """Run the benchmark, every case in a process of its own."""
    if len(sys.argv) > 1:
        print(json.dumps(_row(sys.argv[1])))
        return
    rows = []
    for name in CASES:
        done = subprocess.run([sys.executable, __file__, name], check=True, stdout=subprocess.PIPE, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    note = (
        f"{CHANGES} changes of a slider, images of {SIDE} x {SIDE}; until the layer is refreshed, and until "
        "the canvas is drawn (by software where there is no graphics card)"
    )
    report("preview", rows, note=note)


def _row(name: str) -> dict[str, object]:
    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    image, options = _image(name)
    viewer.add_image(image, **options)
    widget = ThresholdWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Threshold to labels")
    changed, drawn = _measure(viewer, widget)
    viewer.close()
    return {
        "image": name,
        "median ms": float(np.median(changed)),
        "95 % ms": float(np.percentile(changed, 95)),
        "drawn median ms": float(np.median(drawn)),
        "drawn 95 % ms": float(np.percentile(drawn, 95)),
        "target ms": TARGET_MS,
    }


def _image(name: str) -> tuple[NDArray[np.generic], dict[str, object]]:
    shares = _smooth_noise()
    match name:
        case "uint8":
            return (shares * 255).astype(np.uint8), {}
        case "uint16":
            return (shares * 4000).astype(np.uint16), {}
        case "float32":
            return shares, {}
        case "float32, 3 classes":
            return np.stack([shares, shares[::-1], shares.T]), {"metadata": PROBABILITIES}
    return np.tile((shares * 4000).astype(np.uint16), (4, 4)), {}


def _smooth_noise() -> NDArray[np.float32]:
    """Return an image of blobs with values from 0 to 1."""
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(SIDE, SIDE)), 8)
    return ((noise - noise.min()) / np.ptp(noise)).astype(np.float32)


def _measure(viewer: napari.Viewer, widget: ThresholdWidget) -> tuple[list[float], list[float]]:
    """Return the milliseconds that every change took, without and with drawing."""
    _process_until(lambda: widget.has_settled)
    draws: list[float] = []
    canvas = viewer.window._qt_viewer.canvas._scene_canvas  # noqa: SLF001
    canvas.events.draw.connect(lambda _: draws.append(time.perf_counter()), position="last")
    slider = widget.sliders.rows[0].slider
    low, high = slider.minimum(), slider.maximum()
    changed, drawn = [], []
    for share in np.random.default_rng(1).uniform(0.3, 0.7, CHANGES):
        draws.clear()
        began = time.perf_counter()
        slider.setValue(low + share * (high - low))
        changed.append(1000 * (time.perf_counter() - began))
        _process_until(lambda: draws)
        drawn.append(1000 * (draws[-1] - began))
    return changed, drawn


def _process_until(condition: Callable[[], object], seconds: float = 60) -> None:
    last = time.perf_counter() + seconds
    while not condition():
        if time.perf_counter() > last:
            raise TimeoutError("the viewer does not come to rest")
        QApplication.processEvents()


if __name__ == "__main__":
    main()
