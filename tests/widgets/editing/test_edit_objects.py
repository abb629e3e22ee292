"""Tests of the widget that edits objects, used through its buttons and lines that are drawn."""

from __future__ import annotations

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels, Shapes
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.editing.edit_objects import EditObjectsWidget


def _labels() -> np.ndarray:
    """Return a plane with a wide object, a ring and a speck, and one at the border."""
    labels = np.zeros((40, 60), np.int32)
    labels[5:15, 5:35] = 1
    labels[20:30, 5:15] = 2
    labels[23:27, 8:12] = 0
    labels[20, 30] = 3
    labels[35:, 50:] = 4
    return labels


def _widget(viewer: Viewer) -> EditObjectsWidget:
    widget = EditObjectsWidget(viewer)
    viewer.window.add_dock_widget(widget)
    return widget


def _draws(viewer: Viewer, qtbot: QtBot, corners: list[tuple[float, ...]]) -> None:
    shapes = viewer.layers.selection.active
    assert isinstance(shapes, Shapes)
    shapes.add_paths(np.array(corners, float))
    qtbot.waitUntil(lambda: not shapes.data, timeout=2000)


def test_split_and_merge_along_lines_are_single_steps_of_undo(viewer: Viewer, qtbot: QtBot) -> None:
    layer = viewer.add_labels(_labels(), name="cells", scale=(0.5, 0.5), translate=(7, 9))
    widget = _widget(viewer)
    widget.split.native.click()
    _draws(viewer, qtbot, [(0, 20), (20, 20)])
    assert widget.note.value.startswith("10 pixels changed") or "5 now" in widget.note.value
    split = layer.data.copy()
    assert set(np.unique(split[5:15, 5:35])) == {0, 1, 5}
    np.testing.assert_array_equal(split[5:15, 20], 0)
    widget.merge.native.click()  # the other tool is put away
    assert not widget.split.value
    assert [type(at) for at in viewer.layers] == [Labels, Shapes]
    _draws(viewer, qtbot, [(10, 10), (10, 30)])
    assert set(np.unique(layer.data[5:15, 5:35])) == {0, 1}
    assert layer.data[10, 20] == 1
    widget.undo.clicked.emit(True)
    np.testing.assert_array_equal(layer.data, split)
    widget.undo.clicked.emit(True)
    np.testing.assert_array_equal(layer.data, _labels())
    widget.redo.clicked.emit(True)
    np.testing.assert_array_equal(layer.data, split)
    widget.merge.native.click()
    assert list(viewer.layers) == [layer]
    assert viewer.layers.selection.active == layer


def test_buttons_act_on_the_object_chosen_or_on_all(viewer: Viewer, qtbot: QtBot) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    widget = _widget(viewer)
    layer.selected_label = 2
    assert "object 2" in widget.chosen.value
    widget.fill.clicked.emit(True)
    assert (layer.data[23:27, 8:12] == 2).all()
    layer.undo()
    np.testing.assert_array_equal(layer.data, _labels())
    layer.selected_label = 1
    widget.fill.clicked.emit(True)
    assert widget.note.value.startswith("Nothing changed.")
    widget.everywhere.value = True
    widget.fill.clicked.emit(True)
    assert (layer.data[23:27, 8:12] == 2).all()
    widget.everywhere.value = False
    widget.delete.clicked.emit(True)
    assert set(np.unique(layer.data)) == {0, 2, 3, 4}
    assert "4 objects before, 3 now" in widget.note.value
    widget.border.clicked.emit(True)
    assert set(np.unique(layer.data)) == {0, 2, 3}
    widget.smallest.value = 5
    widget.keep.clicked.emit(True)
    assert set(np.unique(layer.data)) == {0, 2}
    widget.number.clicked.emit(True)
    assert set(np.unique(layer.data)) == {0, 1}
    for _ in range(5):
        layer.undo()
    np.testing.assert_array_equal(layer.data, _labels())


def test_an_object_gets_a_number_that_is_free(viewer: Viewer, said: list[str]) -> None:
    features = pd.DataFrame({"index": [1, 2, 3, 4], "class": [2, 1, 1, 1]})
    layer = viewer.add_labels(_labels(), name="cells", features=features)
    widget = _widget(viewer)
    layer.selected_label = 1
    widget.wanted_number.value = 2
    widget.renumber.clicked.emit(True)
    assert "There is an object 2 in this plane already" in said.pop()
    np.testing.assert_array_equal(layer.data, _labels())
    widget.wanted_number.value = 70
    widget.renumber.clicked.emit(True)
    np.testing.assert_array_equal(layer.data == 70, _labels() == 1)
    assert layer.selected_label == 70
    assert layer.features.set_index("index").loc[70, "class"] == 2
    widget.undo.clicked.emit(True)
    np.testing.assert_array_equal(layer.data, _labels())


def test_of_a_stack_the_plane_that_is_shown_is_edited(viewer: Viewer, qtbot: QtBot) -> None:
    layer = viewer.add_labels(np.stack([_labels(), _labels() * 10]), name="stack")
    widget = _widget(viewer)
    viewer.dims.set_point(0, 1)
    widget.split.native.click()
    _draws(viewer, qtbot, [(1, 0, 20), (1, 20, 20)])
    np.testing.assert_array_equal(layer.data[0], _labels())
    assert 41 in layer.data[1]  # no label of the other plane either
    widget.split.native.click()
    widget.number.clicked.emit(True)
    np.testing.assert_array_equal(layer.data[0], _labels())
    assert layer.data[1][layer.data[1] > 0].min() == 5


def test_a_part_is_of_the_class_of_its_object(viewer: Viewer, qtbot: QtBot) -> None:
    features = pd.DataFrame({"index": [1, 2, 3, 4], "class": [2, 1, 1, 1], "class_name": list("baaa")})
    layer = viewer.add_labels(_labels(), name="cells", features=features)
    widget = _widget(viewer)
    widget.split.native.click()
    _draws(viewer, qtbot, [(0, 20), (20, 20)])
    table = layer.features.set_index("index")
    assert (table.loc[5, "class"], table.loc[5, "class_name"]) == (2, "b")
    assert len(table) == 5


@pytest.mark.parametrize("kind", ["none", "lazy", "multiscale"])
def test_labels_that_cannot_be_edited_are_refused(
    viewer: Viewer, qtbot: QtBot, said: list[str], kind: str
) -> None:
    with dask.config.set(scheduler="synchronous"):  # no threads of its own
        if kind == "lazy":
            viewer.add_labels(da.from_array(_labels()), name="cells")
        elif kind == "multiscale":
            viewer.add_labels([_labels(), _labels()[::2, ::2]], name="cells", multiscale=True)
        widget = _widget(viewer)
        widget.border.clicked.emit(True)
    expected = "There is no labels layer to correct" if kind == "none" else "cells cannot be edited here"
    assert len(said) == 1
    assert expected in said[0]


def test_a_line_that_does_nothing_is_explained_and_3d_is_refused(
    viewer: Viewer, qtbot: QtBot, said: list[str]
) -> None:
    viewer.add_labels(np.stack([_labels(), _labels()]), name="stack")
    widget = _widget(viewer)
    widget.merge.native.click()
    _draws(viewer, qtbot, [(0, 0, 20), (0, 20, 20)])
    assert "fewer than two objects" in said.pop()
    viewer.dims.ndisplay = 3
    widget.border.clicked.emit(True)
    assert "Switch back to 2D" in said.pop()


def test_a_tool_ends_with_its_layer(viewer: Viewer, qtbot: QtBot) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    widget = _widget(viewer)
    widget.split.native.click()
    viewer.layers.remove(layer)
    assert not widget.split.value
    assert not viewer.layers
    assert widget.chosen.value == "There is no labels layer to correct."
    widget.split.native.click()
    assert not widget.split.value


def test_a_tool_ends_when_the_dock_is_closed(viewer: Viewer) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    widget = _widget(viewer)
    widget.split.native.click()
    assert len(viewer.layers) == 2
    widget.native.close()
    assert list(viewer.layers) == [layer]
    assert not widget.split.value
