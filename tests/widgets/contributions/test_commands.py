"""Tests of the commands for the selected layer, called as napari calls them."""

from __future__ import annotations

import dask
import dask.array as da
import numpy as np
import pytest
from napari._app_model import get_app_model
from napari.components import ViewerModel
from napari.layers import Labels
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.contributions import commands

PLACED = {"scale": (2, 0.5, 0.25), "translate": (1, 2, 3), "units": ("um", "um", "um")}


def _run(command: str) -> None:
    get_app_model().commands.execute_command(f"napari-cytounet.{command}").result()


def _new_layer(viewer: ViewerModel, qtbot: QtBot) -> Labels:
    count = len(viewer.layers)
    qtbot.waitUntil(lambda: len(viewer.layers) > count and not commands._jobs, timeout=5000)
    return viewer.layers[-1]


def _rings() -> np.ndarray:
    labels = np.zeros((12, 30), np.uint16)
    for label, left in ((5, 2), (900, 12)):
        labels[2:9, left : left + 7] = label
        labels[4:7, left + 2 : left + 5] = 0
    return labels


def test_an_image_becomes_labels_in_its_place(viewer: ViewerModel, qtbot: QtBot) -> None:
    image = np.stack([_rings() > 0, np.zeros((12, 30), bool)]) * np.float32(90) + 5
    viewer.add_image(image, name="cells", axis_labels=("t", "y", "x"), **PLACED)
    viewer.add_labels(image.astype(int), name="cells thresholded")
    viewer.layers.selection.active = viewer.layers["cells"]
    _run("threshold_active")
    labels = _new_layer(viewer, qtbot)
    assert labels.name == "cells thresholded [1]"
    assert isinstance(labels, Labels)
    assert labels.data.dtype == np.uint8
    assert labels.axis_labels == ("t", "y", "x")
    np.testing.assert_array_equal(labels.scale, PLACED["scale"])
    np.testing.assert_array_equal(labels.translate, PLACED["translate"])
    np.testing.assert_array_equal(labels.data[0] > 0, _rings() > 0)
    assert labels.data.max() == 2
    assert not labels.data[1].any()  # no contrast, no object


def test_holes_of_each_label_are_filled_in_a_new_layer(viewer: ViewerModel, qtbot: QtBot) -> None:
    before = _rings()
    viewer.add_labels(before.copy(), name="rings", **{key: value[1:] for key, value in PLACED.items()})
    _run("fill_holes_active")
    filled = _new_layer(viewer, qtbot)
    assert filled.name == "rings filled"
    assert (filled.data[5, 5], filled.data[5, 15]) == (5, 900)
    assert np.unique(filled.data).tolist() == [0, 5, 900]
    np.testing.assert_array_equal(viewer.layers["rings"].data, before)


def test_patches_are_numbered_plane_by_plane(viewer: ViewerModel, qtbot: QtBot) -> None:
    stack = np.zeros((2, 4, 9), int)
    stack[:, 1, 1], stack[0, 1, 3], stack[0, 1, 4], stack[1, 1, 8] = 6, 6, 7, 6
    with dask.config.set(scheduler="synchronous"):  # no threads of its own
        viewer.add_labels(da.from_array(stack, chunks=(1, 4, 9)), name="lazy")
        _run("number_objects_active")
        numbered = _new_layer(viewer, qtbot)
    assert numbered.data[:, 1].tolist() == [[0, 1, 0, 2, 3, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 2]]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("threshold_active", "This needs an image layer, and no single layer is selected."),
        ("fill_holes_active", "This needs a labels layer, and no single layer is selected."),
        ("number_objects_active", "This needs a labels layer, and no single layer is selected."),
    ],
)
def test_without_a_layer(viewer: ViewerModel, said: list[str], command: str, message: str) -> None:
    _run(command)
    assert said == [f"error: {message} Select one in the list of layers."]


def test_layers_of_another_kind_and_images_that_cannot_be(
    viewer: ViewerModel, qtbot: QtBot, said: list[str]
) -> None:
    viewer.add_points(np.zeros((1, 2)), name="spots")
    _run("threshold_active")
    assert said.pop().startswith("error: This needs an image layer, and spots is none.")
    viewer.add_image(np.zeros((8, 8)), name="flat")
    _run("fill_holes_active")
    assert said.pop().startswith("error: This needs a labels layer, and flat is none.")
    viewer.add_image(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8), name="colour")
    _run("threshold_active")
    qtbot.waitUntil(lambda: len(said) == 1, timeout=5000)
    assert said.pop().startswith("error: colour has 3 channels or colours. Split them")
    viewer.add_image(np.full((8, 8), np.nan), name="hollow", contrast_limits=(0, 1))
    _run("threshold_active")
    qtbot.waitUntil(lambda: len(said) == 1, timeout=5000)
    assert "hollow holds NaN or infinite values" in said.pop()
    qtbot.waitUntil(lambda: not commands._jobs, timeout=5000)
    assert len(viewer.layers) == 4


def test_a_layer_that_was_removed_meanwhile_gets_no_result(viewer: ViewerModel, qtbot: QtBot) -> None:
    layer = viewer.add_labels(_rings(), name="rings")
    _run("fill_holes_active")
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not commands._jobs, timeout=5000)
    assert not viewer.layers
