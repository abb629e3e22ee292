"""Tests of learning from an edited result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import MaskError
from napari_cytounet.widgets.correcting.edited_result import EditedResult
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.preferences import PLUGIN


def _edits(ledger: Ledger, key: PlaneKey) -> np.ndarray:
    return ledger.supervision.layer_values(key, Layer.EDITS, Box(0, 0, 20, 30))


def _strokes(viewer: Viewer, **placed: Any) -> Any:
    return viewer.add_labels(np.zeros((2, 20, 30), np.uint8), name="strokes", **placed)


def test_only_what_was_edited_since_the_last_time_is_learnt(viewer: Viewer, tmp_path: Path) -> None:
    result = np.zeros((2, 20, 30), np.int32)
    result[1, 2:10, 2:20] = 5
    layer = viewer.add_labels(result, name="objects")
    edited = EditedResult(viewer, layer, _strokes(viewer), PaintedPlanes(3, "ZYX", "Z"), class_count=1)
    assert not layer.visible
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
    edited = EditedResult(viewer, part, strokes, PaintedPlanes(0, "ZYX", "Z"), class_count=1)
    edited.layer.data[0, 1, 2] = 1
    ledger = Ledger(tmp_path)
    assert edited.learn(ledger) == 1
    assert np.argwhere(_edits(ledger, PlaneKey(0, (1,)))).tolist() == [[6, 12]]


def test_classes_come_from_the_table_or_the_class_map(viewer: Viewer, tmp_path: Path) -> None:
    planes, strokes = PaintedPlanes(0, "ZYX", "Z"), _strokes(viewer)
    objects = viewer.add_labels(
        np.zeros((2, 20, 30), np.int32), features={"index": [7, 9], "class": [2, 1]}, name="objects"
    )
    edited = EditedResult(viewer, objects, strokes, planes, class_count=2)
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
    edited = EditedResult(viewer, classes, strokes, planes, class_count=2)
    edited.layer.data[1, 0, 0] = 2
    assert edited.learn(ledger) == 1
    assert _edits(ledger, PlaneKey(0, (1,)))[0, 0] == 3


def test_a_part_that_was_split_off_is_of_the_class_that_the_table_says_now(
    viewer: Viewer, tmp_path: Path
) -> None:
    result = np.zeros((2, 20, 30), np.int32)
    result[0, 2:10, 2:20] = 7
    objects = viewer.add_labels(result, features={"index": [7], "class": [2]}, name="objects")
    edited = EditedResult(viewer, objects, _strokes(viewer), PaintedPlanes(0, "ZYX", "Z"), class_count=2)
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
    viewer: Viewer, shape: tuple[int, ...], placed: dict[str, Any], message: str
) -> None:
    strokes = _strokes(viewer)
    result = viewer.add_labels(np.zeros(shape, np.int32), name="result", **placed)
    with pytest.raises(MaskError, match=message):
        EditedResult(viewer, result, strokes, PaintedPlanes(0, "ZYX", "Z"), class_count=1)
