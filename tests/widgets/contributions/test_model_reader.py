"""Tests of opening a model file in napari."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import npe2
import pytest
from napari.components import ViewerModel
from napari.errors import ReaderPluginError
from safetensors.numpy import save_file

from napari_cytounet.widgets.contributions.model_reader import NO_LAYERS, model_reader
from napari_cytounet.widgets.model_choice import model_choice


def test_only_safetensors_files_are_ours() -> None:
    assert model_reader("cells.tif") is None
    assert model_reader(["model.safetensors", "cells.tif"]) is None
    assert model_reader("model.safetensors") is not None


def test_a_model_is_chosen_without_a_viewer(new_model: Callable[..., Path]) -> None:
    path = new_model()
    assert npe2.read([str(path)], stack=False) == NO_LAYERS
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == path


def test_a_dropped_model_opens_the_widget_and_others_are_refused(
    tmp_path: Path, viewer: ViewerModel, new_model: Callable[..., Path]
) -> None:
    path = new_model()
    assert viewer.open(path, plugin="napari-cytounet") == []
    assert len(viewer.layers) == 0
    assert list(viewer.window.dock_widgets) == ["Predict with U-Net (napari-cytounet)"]
    viewer.open(new_model("second.safetensors"), plugin=None)
    assert list(viewer.window.dock_widgets) == ["Predict with U-Net (napari-cytounet)"]
    assert model_choice.chosen is not None
    assert model_choice.chosen.path.name == "second.safetensors"
    weights = tmp_path / "weights.safetensors"
    save_file({}, weights, {"made by": "somebody else"})
    with pytest.raises(ReaderPluginError, match=r"but not a model of napari-cytounet"):
        viewer.open(weights, plugin=None)
    assert model_choice.chosen.path.name == "second.safetensors"
