"""Makes the film of the README, strokes that turn into cells: `xvfb-run -a python docs/make_film.py`.

A real window; who paints is the annotator of `cytounet simulate`, on a field of BBBC030. A frame is taken
whenever a version that knows the last stroke is shown.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Whoever makes the film keeps their own settings of napari: so before napari is imported.
os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp()) / "settings.yaml")

import imageio.v3 as imageio
import napari
import numpy as np
from make_pictures import FIELD, IMAGE, PICTURES
from napari.settings import get_settings
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication
from skimage.transform import resize

from napari_cytounet import load_model, open_image, predict_array
from napari_cytounet.correction.annotator import Brush, paint_stroke
from napari_cytounet.images.samples.bbbc030 import fetch_bbbc030
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.widgets.preferences import PLUGIN

STROKES = 14
WIDTH = 800
SECONDS_A_FRAME = 0.9
PATIENCE = 30.0


def main() -> None:
    """Open napari, paint stroke by stroke, and write the frames as an animated picture."""
    data = fetch_bbbc030() / "validation"
    image = open_image(data / "images" / f"{IMAGE}.png").read()[0][FIELD]
    truth = (open_image(data / "new_outlines" / f"{IMAGE}.png").read()[0][FIELD] > 0).astype(np.int16)
    get_settings().appearance.theme = "dark"
    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    viewer.add_image(image, name="cells")
    with tempfile.TemporaryDirectory() as folder:
        frames = film(viewer, truth, Path(folder))
    viewer.close()
    PICTURES.mkdir(exist_ok=True)
    imageio.imwrite(PICTURES / "correct.gif", frames, duration=1000 * SECONDS_A_FRAME, loop=0)


def film(viewer: Any, truth: NDArray[np.int16], folder: Path) -> list[NDArray[np.uint8]]:
    """Return a frame for each stroke, once what was learnt of it is shown."""
    napari.settings.get_plugin_settings(PLUGIN).computing.runs_folder = str(folder)
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, "Correct and learn")
    widget.form.diameter.value = "60"
    widget.start_button.native.click()
    _wait(lambda: widget.live is not None and widget.live.stage.is_there)
    frames = [_frame(viewer)]
    model = widget.live.opened.folder / "model.safetensors"
    layer = widget.live.stage.strokes
    for number in range(STROKES):
        if number < 2:  # a stroke of cell and one of background: before them nothing is learnt
            painted = paint_stroke(truth, truth, Brush(), wanted=1 - number)
        else:
            likely = predict_array(load_model(model), layer_image(viewer), device=DeviceSettings(threads=1))
            painted = paint_stroke(truth, (likely[0] > 0.5).astype(np.int16), Brush())
        if painted is None:
            break
        rows, columns = np.nonzero(painted)
        layer.data_setitem((rows, columns), painted[rows, columns])
        last = widget.live.opened.ledger.last
        if number > 0:
            _wait(lambda last=last: widget.live.follower.state.judged >= last)  # type: ignore[misc]
        _rest(1.5)
        frames.append(_frame(viewer))
    widget.close_session()
    return frames


def layer_image(viewer: Any) -> NDArray[np.generic]:
    """Return the pixels of the image that is painted on."""
    pixels: NDArray[np.generic] = np.asarray(viewer.layers["cells"].data)
    return pixels


def _frame(viewer: Any) -> NDArray[np.uint8]:
    shot = viewer.window.screenshot(canvas_only=False, flash=False)[..., :3]
    height = round(shot.shape[0] * WIDTH / shot.shape[1])
    return (resize(shot, (height, WIDTH), anti_aliasing=True) * 255).astype(np.uint8)


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < end:
        _rest(0.05)


def _rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
