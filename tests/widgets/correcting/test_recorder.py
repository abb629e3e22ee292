"""Tests of writing strokes down: with every tool of napari, undone and redone, on planes of stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels
from pytestqt.qtbot import QtBot

from napari_cytounet.correction import ledger as ledgers
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.journal import JournalReader, Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import OutputError
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes
from napari_cytounet.widgets.correcting.recorder import StrokeRecorder

Opened = tuple[Labels, StrokeRecorder, Ledger]


@pytest.fixture
def new_layer(tmp_path: Path, qapp: Any) -> Iterator[Callable[..., Opened]]:
    recorders: list[StrokeRecorder] = []

    def make(shape: tuple[int, ...] = (40, 50), letters: str = "YX", plane_axes: str = "") -> Opened:
        layer = Labels(np.zeros(shape, np.uint8))
        layer.brush_size = 5
        ledger = Ledger(tmp_path)
        recorder = StrokeRecorder(layer, PaintedPlanes(0, letters, plane_axes), ledger, class_count=2)
        recorders.append(recorder)
        return layer, recorder, ledger

    yield make
    for recorder in recorders:
        recorder.leave()


def _in_journal(folder: Path, key: PlaneKey, shape: tuple[int, int]) -> np.ndarray:
    """Play the journal as whoever opens it later does."""
    plane = np.zeros(shape, np.uint8)
    for entry in JournalReader(folder / "journal.jsonl").read():
        if entry.plane == key and entry.layer is Layer.STROKES:
            plane[entry.box.slices] = entry.values
    return plane


def _drag(layer: Labels, value: int, *coordinates: tuple[int, ...]) -> None:
    """Paint as the mouse does: many dabs, one step of the history."""
    with layer.block_history():
        for coordinate in coordinates:
            layer.paint(coordinate, value, refresh=False)
        layer._partial_labels_refresh()


def test_every_tool_undo_and_redo_are_written(
    new_layer: Callable[..., Opened], tmp_path: Path, qtbot: QtBot
) -> None:
    layer, _, ledger = new_layer()
    done: list[np.ndarray] = []

    def check(what: str) -> None:
        written = _in_journal(tmp_path, PlaneKey(0), (40, 50))
        np.testing.assert_array_equal(written, layer.data, err_msg=what)
        done.append(written)

    _drag(layer, 2, (10, 10), (10, 14), (12, 18))
    check("brush")
    assert ledger.last == 1
    _drag(layer, 0, (10, 10))
    check("eraser")
    layer.paint_polygon([(20, 20), (20, 30), (30, 30), (30, 20)], 1)
    qtbot.waitUntil(lambda: ledger.last == 3, timeout=2000)
    check("polygon")
    layer.fill((25, 25), 3)
    qtbot.waitUntil(lambda: ledger.last == 4, timeout=2000)
    check("fill")
    layer.data_setitem((np.array([1, 39]), np.array([2, 49])), 2)
    qtbot.waitUntil(lambda: ledger.last == 5, timeout=2000)
    check("set by a program")
    for step in reversed(range(5)):
        layer.undo()
        written = _in_journal(tmp_path, PlaneKey(0), (40, 50))
        np.testing.assert_array_equal(written, layer.data, err_msg=f"undo {step}")
        np.testing.assert_array_equal(written, done[step - 1] if step else 0)
    for step in range(5):
        layer.redo()
        np.testing.assert_array_equal(_in_journal(tmp_path, PlaneKey(0), (40, 50)), done[step])
    assert not ledger.supervision.values(PlaneKey(0), Box(35, 0, 36, 50)).any()


def test_two_undos_at_once_are_both_written(new_layer: Callable[..., Opened], tmp_path: Path) -> None:
    layer, _, _ = new_layer()
    _drag(layer, 2, (10, 10))
    _drag(layer, 1, (30, 30))
    with layer.events.set_data.blocker():
        layer.undo()
    layer.undo()
    assert not _in_journal(tmp_path, PlaneKey(0), (40, 50)).any()


@pytest.mark.parametrize(
    ("letters", "plane_axes", "shape", "at", "key"),
    [
        ("ZYX", "Z", (3, 40, 50), (1, 10, 20), PlaneKey(0, (1,))),
        ("TZYX", "TZ", (2, 3, 40, 50), (1, 2, 10, 20), PlaneKey(0, (1, 2))),
        ("ZYX", "", (1, 40, 50), (0, 10, 20), PlaneKey(0)),
        ("YXZ", "Z", (40, 50, 3), (10, 20, 2), PlaneKey(0, (2,))),
        ("XY", "", (50, 40), (20, 10), PlaneKey(0)),
    ],
)
def test_planes_of_stacks(
    new_layer: Callable[..., Opened],
    tmp_path: Path,
    letters: str,
    plane_axes: str,
    shape: tuple[int, ...],
    at: tuple[int, ...],
    key: PlaneKey,
) -> None:
    layer, recorder, ledger = new_layer(shape, letters, plane_axes)
    index = tuple(np.array([place, place]) for place in at)
    with layer.block_history():
        layer.data_setitem(index, 2)
    recorder.catch_up()
    assert ledger.supervision.planes() == [key]
    written = _in_journal(tmp_path, key, (40, 50))
    assert np.argwhere(written).tolist() == [[10, 20]]
    np.testing.assert_array_equal(recorder.planes.plane(layer.data, key), written)


def test_a_brush_in_three_dimensions_paints_several_planes(
    new_layer: Callable[..., Opened], tmp_path: Path
) -> None:
    layer, _, ledger = new_layer((4, 40, 50), "ZYX", "Z")
    layer.n_edit_dimensions = 3
    _drag(layer, 2, (2, 10, 10))
    assert ledger.supervision.planes() == [PlaneKey(0, (at,)) for at in range(4)]
    for key in ledger.supervision.planes():
        np.testing.assert_array_equal(_in_journal(tmp_path, key, (40, 50)), layer.data[key.index])


def test_a_stroke_over_the_edge_is_written_as_far_as_it_lies_inside(
    new_layer: Callable[..., Opened], tmp_path: Path
) -> None:
    layer, _, ledger = new_layer()
    _drag(layer, 2, (39, 49), (45, 60))
    np.testing.assert_array_equal(_in_journal(tmp_path, PlaneKey(0), (40, 50)), layer.data)
    _drag(layer, 2, (-30, 70))
    assert ledger.last == 1


def test_a_value_that_is_no_class_is_taken_back(new_layer: Callable[..., Opened], tmp_path: Path) -> None:
    layer, recorder, _ = new_layer()
    refused: list[str] = []
    recorder.refused.connect(refused.append)
    _drag(layer, 3, (10, 10))
    layer.selected_label = 9
    _drag(layer, 9, (10, 12))
    assert refused == [
        "9 is no class of this session: paint with 1 (background) to 3. The stroke was taken back."
    ]
    assert layer.data.max() == 3
    assert layer.selected_label == 3
    np.testing.assert_array_equal(_in_journal(tmp_path, PlaneKey(0), (40, 50)), layer.data)


def test_what_cannot_be_written_waits_and_nothing_more_can_be_painted(
    new_layer: Callable[..., Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, recorder, _ = new_layer()
    failed: list[str] = []
    recorder.failed.connect(failed.append)

    def refuse(*_: Any) -> None:
        raise OutputError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(ledgers, "append_entry", refuse)
        _drag(layer, 2, (10, 10))
        assert failed == ["The disk is full."]
        assert not layer.editable
        assert not recorder.retry()
        assert failed == ["The disk is full."] * 2
    assert layer.data.any()
    assert recorder.retry()
    assert layer.editable
    np.testing.assert_array_equal(_in_journal(tmp_path, PlaneKey(0), (40, 50)), layer.data)


def test_a_deleted_folder_is_told(tmp_path: Path, qapp: Any) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    layer = Labels(np.zeros((40, 50), np.uint8))
    recorder = StrokeRecorder(layer, PaintedPlanes(0, "YX", ""), Ledger(folder), 1)
    failed: list[str] = []
    recorder.failed.connect(failed.append)
    folder.rmdir()
    _drag(layer, 2, (10, 10))
    assert failed == [f"The folder {folder} was deleted: the work in it ends."]
    recorder.leave()


def test_other_data_are_noticed(new_layer: Callable[..., Opened]) -> None:
    layer, recorder, _ = new_layer()
    replaced: list[bool] = []
    recorder.replaced.connect(lambda: replaced.append(True))
    layer.data = np.ones((40, 50), np.uint8)
    assert replaced == [True]
