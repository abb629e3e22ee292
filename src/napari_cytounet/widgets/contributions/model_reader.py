"""Opening the file of a model, as by dropping it on the window: it is chosen, and can be predicted with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import napari

from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import PLUGIN

PREDICT = "Predict with U-Net"
"""What the manifest calls the widget."""

NO_LAYERS: list[tuple[None]] = [(None,)]
"""What napari takes for a file that was read and holds no layer."""

Read = Callable[..., list[tuple[None]]]


def model_reader(path: str | Sequence[str]) -> Read | None:
    """Return a function that opens a model; None for anything that is no `.safetensors` file.

    Parameters
    ----------
    path
        The file; of several, the last is chosen in the end.
    """
    paths = [path] if isinstance(path, str) else list(path)
    return open_models if all(name.endswith(".safetensors") for name in paths) else None


def open_models(path: str | Sequence[str], **_: Any) -> list[tuple[None]]:
    """Choose a model, and open the widget that predicts with it.

    Raises
    ------
    ModelFileError
        If it is no model of ours; napari shows the message.
    """
    for name in [path] if isinstance(path, str) else path:
        model_choice.choose(name)
    viewer = napari.current_viewer()
    if viewer is not None:
        viewer.window.add_plugin_dock_widget(PLUGIN, PREDICT)
    return NO_LAYERS
