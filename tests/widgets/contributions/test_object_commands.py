"""Tests of the commands that correct objects in place, called as napari calls them."""

from __future__ import annotations

import numpy as np
import pytest
from napari._app_model import get_app_model
from napari.layers import Shapes
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.contributions import object_commands


def _run(command: str) -> None:
    get_app_model().commands.execute_command(f"napari-cytounet.{command}").result()


def _labels() -> np.ndarray:
    labels = np.zeros((30, 40), np.int32)
    labels[4:12, 4:24], labels[16:24, 4:14], labels[19:21, 8:10], labels[26:, :3] = 1, 2, 0, 7
    return labels


ANSWERS = {"smallest": 20, "largest": 999, "number": 5}
"""What the user says whatever is asked."""


@pytest.mark.parametrize(
    ("command", "chosen", "left"),
    [
        ("delete_object", 1, {0, 2, 7}),
        ("fill_object", 2, {0, 1, 2, 7}),
        ("smooth_object", 2, {0, 1, 2, 7}),
        ("number_chosen_object", 2, {0, 1, 5, 7}),
        ("delete_border_objects", 1, {0, 1, 2}),
        ("keep_objects_between", 1, {0, 1, 2}),
        ("number_objects_anew", 1, {0, 1, 2, 3}),
    ],
)
def test_one_step_of_undo_each(
    viewer: Viewer,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    chosen: int,
    left: set[int],
) -> None:
    monkeypatch.setattr(object_commands, "request_values", lambda *_, **__: ANSWERS)
    layer = viewer.add_labels(_labels(), name="cells")
    layer.selected_label = chosen
    _run(command)
    assert set(np.unique(layer.data)) == left
    assert not np.array_equal(layer.data, _labels())
    assert said[0].startswith("info: cells: ")
    layer.undo()
    np.testing.assert_array_equal(layer.data, _labels())


@pytest.mark.parametrize(("command", "objects"), [("split_objects", 4), ("merge_objects", 2)])
def test_one_line_is_drawn(viewer: Viewer, qtbot: QtBot, said: list[str], command: str, objects: int) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    _run(command)
    assert "press, move across the objects, let go" in said.pop()
    shapes = viewer.layers.selection.active
    assert isinstance(shapes, Shapes)
    assert shapes.mode == "add_path"
    shapes.add_paths(np.array([(0, 7), (28, 7)], float))
    qtbot.waitUntil(lambda: shapes not in viewer.layers, timeout=2000)
    assert np.count_nonzero(np.unique(layer.data)) == objects + (command == "split_objects")
    layer.undo()
    np.testing.assert_array_equal(layer.data, _labels())


def test_asked_for_areas_one_may_think_better_of_it(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_commands, "request_values", lambda *_, **__: {})
    layer = viewer.add_labels(_labels(), name="cells")
    _run("keep_objects_between")
    np.testing.assert_array_equal(layer.data, _labels())


@pytest.mark.parametrize("command", ["split_objects", "delete_object", "keep_objects_between"])
def test_without_labels(viewer: Viewer, said: list[str], command: str) -> None:
    viewer.add_image(np.zeros((8, 8)), name="flat")
    _run(command)
    assert said.pop().startswith("error: This needs a labels layer, and flat is none.")
