"""Tests of learning from an edited result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction import edited_copy
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.edited_copy import EditedCopy
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import MaskError, OutputError
from napari_cytounet.widgets.correcting.edited_result import EditedResult, open_result
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.preferences import PLUGIN


def _edits(ledger: Ledger, key: PlaneKey) -> np.ndarray:
    return ledger.supervision.layer_values(key, Layer.EDITS, Box(0, 0, 20, 30))


def _strokes(viewer: Viewer, **placed: Any) -> Any:
    return viewer.add_labels(np.zeros((2, 20, 30), np.uint8), name="strokes", **placed)


def _opened(
    viewer: Viewer, folder: Path, result: Any, strokes: Any, planes: PaintedPlanes, *, class_count: int
) -> EditedResult:
    copy = open_result(folder, result, strokes, planes)
    return EditedResult(viewer, copy, strokes, planes, class_count)


def test_only_what_was_edited_since_the_last_time_is_learnt(viewer: Viewer, tmp_path: Path) -> None:
    result = np.zeros((2, 20, 30), np.int32)
    result[1, 2:10, 2:20] = 5
    layer = viewer.add_labels(result, name="objects")
    edited = _opened(viewer, tmp_path, layer, _strokes(viewer), PaintedPlanes(3, "ZYX", "Z"), class_count=1)
    ledger = Ledger(tmp_path)
    assert edited.learn(ledger) == 0
    edited.layer.data[1, 2:10, 10] = 0  # a line of background splits an object
    edited.layer.data[1, 15, 25:27] = 5
    assert edited.learn(ledger) == 2
    assert edited.learn(ledger) == 0
    expected = np.zeros((20, 30), np.uint8)
    expected[2:10, 10], expected[15, 25:27] = 1, 2
    np.testing.assert_array_equal(_edits(ledger, PlaneKey(3, (1,))), expected)
    edited.layer.data[1, 2:10, 10] = 5  # as it was found, after all
    assert edited.learn(ledger) == 1
    np.testing.assert_array_equal(_edits(ledger, PlaneKey(3, (1,)))[2:10, 10], 2)
    assert ledger.supervision.planes() == [PlaneKey(3, (1,))]
    np.testing.assert_array_equal(layer.data, result)


def test_a_result_of_a_part_lies_where_it_belongs(viewer: Viewer, tmp_path: Path) -> None:
    strokes = _strokes(viewer, scale=(1, 0.5, 0.5), translate=(0, 3, 4))
    part = viewer.add_labels(
        np.zeros((1, 6, 7), np.int32), name="part", scale=(1, 0.5, 0.5), translate=(1, 3 + 2.5, 4 + 5)
    )
    edited = _opened(viewer, tmp_path, part, strokes, PaintedPlanes(0, "ZYX", "Z"), class_count=1)
    edited.layer.data[0, 1, 2] = 1
    ledger = Ledger(tmp_path)
    assert edited.learn(ledger) == 1
    assert np.argwhere(_edits(ledger, PlaneKey(0, (1,)))).tolist() == [[6, 12]]


def test_classes_come_from_the_table_or_the_class_map(viewer: Viewer, tmp_path: Path) -> None:
    planes, strokes = PaintedPlanes(0, "ZYX", "Z"), _strokes(viewer)
    objects = viewer.add_labels(
        np.zeros((2, 20, 30), np.int32), features={"index": [7, 9], "class": [2, 1]}, name="objects"
    )
    edited = _opened(viewer, tmp_path, objects, strokes, planes, class_count=2)
    edited.layer.data[0, 0, 0], edited.layer.data[0, 5, 5] = 7, 9
    ledger = Ledger(tmp_path)
    assert edited.learn(ledger) == 2
    assert _edits(ledger, PlaneKey(0, (0,)))[[0, 5], [0, 5]].tolist() == [3, 2]
    edited.layer.data[0, 9, 9] = 8
    with pytest.raises(MaskError, match="of which class the label 8 in objects, edited is"):
        edited.learn(ledger)
    classes = viewer.add_labels(
        np.zeros((2, 20, 30), np.uint8), name="classes", metadata={PLUGIN: {"kind": "classes"}}
    )
    edited = _opened(viewer, tmp_path, classes, strokes, planes, class_count=2)
    edited.layer.data[1, 0, 0] = 2
    assert edited.learn(ledger) == 1
    assert _edits(ledger, PlaneKey(0, (1,)))[0, 0] == 3


def test_a_part_that_was_split_off_is_of_the_class_that_the_table_says_now(
    viewer: Viewer, tmp_path: Path
) -> None:
    result = np.zeros((2, 20, 30), np.int32)
    result[0, 2:10, 2:20] = 7
    objects = viewer.add_labels(result, features={"index": [7], "class": [2]}, name="objects")
    edited = _opened(viewer, tmp_path, objects, _strokes(viewer), PaintedPlanes(0, "ZYX", "Z"), class_count=2)
    edited.layer.features = {"index": [7, 8], "class": [2, 2]}
    edited.layer.data[0, 2:10, 10], edited.layer.data[0, 2:10, 11:20] = 0, 8
    ledger = Ledger(tmp_path)
    assert edited.learn(ledger) == 1
    said = _edits(ledger, PlaneKey(0, (0,)))
    assert (said[4, 10], said[4, 15], said[4, 5]) == (1, 3, 0)


@pytest.mark.parametrize(
    ("shape", "placed", "message"),
    [
        ((20, 30), {}, "result has 2 dimensions, but the image that is corrected has 3"),
        ((2, 10, 15), {"scale": (1, 2, 2)}, "does not lie on the pixels"),
        ((2, 20, 30), {"translate": (0, 0.5, 0)}, "does not lie on the pixels"),
        ((2, 20, 31), {}, "does not lie on the pixels"),
        ((2, 5, 5), {"translate": (0, -1, 0)}, "does not lie on the pixels"),
    ],
)
def test_a_result_of_something_else_is_refused(
    viewer: Viewer, tmp_path: Path, shape: tuple[int, ...], placed: dict[str, Any], message: str
) -> None:
    strokes = _strokes(viewer)
    result = viewer.add_labels(np.zeros(shape, np.int32), name="result", **placed)
    with pytest.raises(MaskError, match=message):
        _opened(viewer, tmp_path, result, strokes, PaintedPlanes(0, "ZYX", "Z"), class_count=1)


def test_edits_that_were_not_learnt_are_there_again(viewer: Viewer, qtbot: QtBot, tmp_path: Path) -> None:
    strokes = _strokes(viewer, scale=(1, 0.5, 0.5), translate=(0, 3, 4))
    planes = PaintedPlanes(0, "ZYX", "Z")
    result = np.zeros((1, 6, 7), np.int32)
    result[0, 1:3, 1:3] = 4
    part = viewer.add_labels(
        result,
        name="part",
        scale=(1, 0.5, 0.5),
        translate=(1, 3 + 2.5, 4 + 5),
        features={"index": [4], "class": [2]},
    )
    assert EditedCopy.not_learnt(tmp_path) is None
    first = _opened(viewer, tmp_path, part, strokes, planes, class_count=2)
    assert EditedCopy.not_learnt(tmp_path) is None, "nothing was edited yet"
    viewer.dims.set_point(0, 1)
    first.layer.data_setitem((np.array([0]), np.array([1]), np.array([1])), 0)
    first.learn(Ledger(tmp_path))
    assert EditedCopy.not_learnt(tmp_path) is None, "it is in the journal"
    first.layer.features = {"index": [4, 5], "class": [2, 1]}
    first.layer.data_setitem((np.array([0, 0]), np.array([4, 4]), np.array([5, 6])), 5)
    first.layer.undo()
    first.layer.redo()
    qtbot.wait(10)
    kept = first.layer.data.copy()

    copy = EditedCopy.not_learnt(tmp_path)
    assert copy is not None
    again = EditedResult(viewer, copy, strokes, planes, 2)
    np.testing.assert_array_equal(again.layer.data, kept)
    np.testing.assert_allclose(again.layer.translate, part.translate)
    assert again.layer.name == "part, edited [1]"
    ledger = Ledger(tmp_path)
    assert again.learn(ledger) == 1, "only what was not learnt yet"
    said = _edits(ledger, PlaneKey(0, (1,)))
    assert said[5 + 4, 10 + 5 : 10 + 7].tolist() == [2, 2]


def test_edits_are_written_stroke_by_stroke_and_replaced_data_whole(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path
) -> None:
    layer = viewer.add_labels(np.zeros((2, 20, 30), np.int32), name="objects")
    edited = _opened(viewer, tmp_path, layer, _strokes(viewer), PaintedPlanes(0, "ZYX", "Z"), class_count=1)
    viewer.dims.set_point(0, 1)
    edited.layer.brush_size = 4
    with edited.layer.block_history():
        edited.layer.paint((1, 5, 5), 3)
        edited.layer.paint((1, 5, 9), 3)
    (lines,) = tmp_path.glob("edits/*/changes.jsonl")
    qtbot.wait(10)
    assert 1 <= len(lines.read_text().splitlines()) <= 2
    copy = EditedCopy.not_learnt(tmp_path)
    np.testing.assert_array_equal(copy.read().now, edited.layer.data)
    edited.layer.data = np.roll(edited.layer.data, 3, axis=2)
    np.testing.assert_array_equal(copy.read().now, edited.layer.data)
    assert copy.read().now[1, 5, 8] == 3


def test_where_edits_cannot_be_written_nothing_more_is_edited(
    viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = viewer.add_labels(np.zeros((2, 20, 30), np.int32), name="objects")
    edited = _opened(viewer, tmp_path, layer, _strokes(viewer), PaintedPlanes(0, "ZYX", "Z"), class_count=1)
    told: list[str] = []
    edited.recorder.failed.connect(told.append)

    def full(*_: Any) -> None:
        raise OutputError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(edited_copy, "append_line", full)
        edited.layer.data_setitem((np.array([0]), np.array([2]), np.array([3])), 6)
    assert told == ["the disk is full"]
    assert not edited.layer.editable
    assert edited.recorder.retry()
    assert edited.layer.editable
    copy = EditedCopy.not_learnt(tmp_path)
    assert copy is not None
    assert copy.read().now[0, 2, 3] == 6
