"""Tests of the widget that corrects, used as a person would, with a trainer that only pretends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_model.types import KeyBinding
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader, Layer
from napari_cytounet.correction.session import read_session
from napari_cytounet.images.reading import open_image
from napari_cytounet.widgets.correcting import correct
from napari_cytounet.widgets.correcting.correct import ENDED, NO_RESULT
from napari_cytounet.widgets.correcting.live_session import EDITED_BEFORE, NO_FIELD, NOTHING_ACCEPTED
from napari_cytounet.widgets.correcting.start_form import NO_IMAGE
from napari_cytounet.widgets.model_choice import model_choice

PATIENCE = 20_000
HOLD = KeyBinding.from_str("A")


def test_from_an_image_to_a_version(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    said: list[str],
    trainer: Any,
    pixels: np.ndarray,
    new_version: Callable[[Path, int], None],
    tmp_path: Path,
) -> None:
    widget = user.opens()
    widget.start_button.clicked.emit(True)
    assert said == [f"error: {NO_IMAGE}"]
    viewer.add_image(pixels, name="cells: 3")
    widget.form.names.value = "nucleus, debris"
    widget.form.diameter.value = "20"
    live = user.starts(widget)
    folder = live.opened.folder
    assert folder.parent == tmp_path / "runs"
    assert trainer.starts == [folder]
    session = read_session(folder)
    assert session.settings.class_names == ("nucleus", "debris")
    assert session.settings.diameter == 20
    assert session.images[0].path == Path("data/cells_3.zarr")
    np.testing.assert_array_equal(open_image(folder / "data" / "cells_3.zarr").read()[0], pixels)

    strokes = live.stage.strokes
    assert (strokes.selected_label, strokes.mode) == (2, "paint")
    assert [button.text for button in widget.panel.classes] == [
        "Paint background",
        "Paint nucleus",
        "Paint debris",
    ]
    trainer.say_waiting("classes", "background", "debris")
    status = widget.panel.status
    qtbot.waitUntil(lambda: "Paint some background and debris too" in status.value, timeout=PATIENCE)
    user.paints(strokes, 2, (30, 10), (30, 14))
    widget.panel.classes.chosen.emit(1)
    assert strokes.selected_label == 1
    user.paints(strokes, 1, (5, 40))
    assert [entry.number for entry in JournalReader(SessionFolder(folder).journal).read()] == [1, 2]

    user.waits_for_version(live, 1)
    assert "2 of 3 strokes obeyed, version 1" in status.value
    names = [layer.name for layer in viewer.layers]
    assert names == ["cells: 3", "prediction", "strokes on cells: 3"]
    prediction = viewer.layers["prediction"]
    assert not prediction.editable
    assert prediction.opacity > 0.3
    assert viewer.layers.selection.active.name == "strokes on cells: 3"
    user.paints(strokes, 2, (30, 40))
    assert prediction.opacity < 0.3, "it does not know the last stroke"
    trainer.say_version(2, live.opened.ledger.last, adopted=False)
    qtbot.waitUntil(lambda: prediction.opacity > 0.3, timeout=PATIENCE)

    widget.panel.objects.clicked.emit(True)
    assert "Edit objects (napari-cytounet)" in viewer.window.dock_widgets
    widget.panel.predict.clicked.emit(True)
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == folder / "model.safetensors"
    widget.close_session()
    assert trainer.is_stopped
    assert widget.note.value == ENDED
    assert not strokes.editable


def test_all_is_there_again_when_a_session_is_opened(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session()
    new_version(folder, 3)
    first = user.opens()
    live = user.opens_again(first, folder)
    user.paints(live.stage.strokes, 2, (30, 10))
    user.paints(live.stage.strokes, 1, (5, 40))
    painted = live.stage.strokes.data.copy()
    viewer.scene.camera.zoom, viewer.scene.camera.center = 7.0, (0.0, 30.0, 20.0)
    qtbot.wait(100)
    first.close_session()
    viewer.scene.camera.zoom = 1.0

    live = user.opens_again(user.opens(), folder)
    strokes = live.stage.strokes
    names = [layer.name for layer in viewer.layers if layer.name.startswith("strokes on")]
    assert names == [strokes.name] == ["strokes on image0"]
    np.testing.assert_array_equal(strokes.data, painted)
    assert viewer.scene.camera.zoom == 7.0
    assert tuple(viewer.scene.camera.center)[-2:] == (30.0, 20.0)
    qtbot.waitUntil(lambda: live.view.field is not None and live.view.field.version == 3, timeout=PATIENCE)
    strokes.undo()
    assert set(np.unique(strokes.data)) == {0, 2}
    strokes.undo()
    assert not strokes.data.any()
    assert live.opened.ledger.last == 4
    strokes.redo()
    strokes.redo()
    np.testing.assert_array_equal(strokes.data, painted)


def test_a_result_is_corrected(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    widget = user.opens()
    live = user.opens_again(widget, new_session())
    result = np.zeros((60, 80), np.int32)
    result[20:40, 5:23], result[20:40, 30:48] = 1, 2
    widget.panel.edit.clicked.emit(True)
    assert said[-1] == f"error: {NO_RESULT}"
    layer = viewer.add_labels(result, name="objects")
    widget.panel.edit.clicked.emit(True)
    edited = viewer.layers["objects, edited"]
    edited.data_setitem(np.nonzero(result == 1), 0)
    edited.data_setitem((np.array([50, 50]), np.array([60, 61])), 3)
    widget.panel.learn.clicked.emit(True)
    assert said[-1] == "info: 2 edits are learnt from."
    taught = live.opened.ledger.supervision.layer_values(PlaneKey(0), Layer.EDITS, Box(0, 0, 60, 80))
    expected = np.zeros((60, 80), np.uint8)
    expected[20:40, 5:23], expected[50, 60:62] = 1, 2
    np.testing.assert_array_equal(taught, expected)
    np.testing.assert_array_equal(layer.data, result)
    assert not live.stage.strokes.data.any()


def test_edits_that_were_not_learnt_are_there_when_the_session_is_opened_again(
    viewer: Viewer, user: Any, said: list[str], trainer: Any, new_session: Callable[..., Path]
) -> None:
    folder = new_session()
    first = user.opens()
    user.opens_again(first, folder)
    layer = viewer.add_labels(np.zeros((60, 80), np.int32), name="objects")
    first.panel.edit.clicked.emit(True)
    assert not layer.visible
    edited = viewer.layers["objects, edited"]
    edited.data_setitem((np.array([50, 50]), np.array([60, 61])), 3)
    first.close_session()
    assert not edited.editable
    viewer.layers.remove(edited)

    live = user.opens_again(user.opens(), folder)
    assert f"info: {EDITED_BEFORE}" in said
    assert live.editing.layer.data[50, 60:62].tolist() == [3, 3]
    live.learn_edits()
    taught = live.opened.ledger.supervision.layer_values(PlaneKey(0), Layer.EDITS, Box(50, 60, 51, 62))
    assert taught.tolist() == [[2, 2]]


def test_accepting_and_taking_back(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    widget = user.opens()
    live = user.opens_again(widget, new_session())
    live.accept_field()
    assert said[-1] == f"info: {NO_FIELD}"
    user.waits_for_version(live, 1)
    qtbot.waitUntil(lambda: live.view.is_in_sight, timeout=PATIENCE)
    field = live.view.field
    live.accept_field()
    ledger = live.opened.ledger
    np.testing.assert_array_equal(
        ledger.supervision.layer_values(PlaneKey(0), Layer.EDITS, field.box), field.classes + 1
    )
    live.take_back()
    assert not ledger.supervision.layer_values(PlaneKey(0), Layer.EDITS, field.box).any()
    live.take_back()
    assert said[-1] == f"info: {NOTHING_ACCEPTED}"


def test_versions_are_compared_and_brought_back(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session()
    for number in (1, 2, 3):
        new_version(folder, number)
    widget = user.opens()
    live = user.opens_again(widget, folder)

    def shows(number: int) -> None:
        qtbot.waitUntil(
            lambda: live.view.field is not None and live.view.field.version == number, timeout=PATIENCE
        )

    shows(3)
    hold = viewer.keymap[HOLD](viewer)
    next(hold)
    shows(2)
    assert next(hold, "released") == "released"
    shows(3)
    widget.panel.versions.value = 1
    shows(1)
    widget.panel.bring_back.clicked.emit(True)
    shows(3)
    sent = (SessionFolder(folder).commands).read_text("utf-8")
    assert '"bring_back"' in sent
    assert '"version":1' in sent.replace(" ", "")
    widget.close_session()
    assert HOLD not in viewer.keymap


def test_images_of_a_folder_and_places_in_them(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    pixels: np.ndarray,
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session(pixels, np.zeros((300, 40), np.uint8), pixels[::-1].copy())
    new_version(folder, 1)
    widget = user.opens()
    live = user.opens_again(widget, folder)
    user.paints(live.stage.strokes, 2, (30, 10))
    widget.panel.images.value = 1
    qtbot.waitUntil(lambda: live.stage.number == 1, timeout=PATIENCE)
    assert live.stage.strokes.data.shape == (300, 40)
    user.paints(live.stage.strokes, 1, (250, 10))
    assert [layer.name for layer in viewer.layers if layer.name.startswith("strokes")] == [
        "strokes on image1"
    ]
    assert live.opened.ledger.supervision.planes() == [PlaneKey(0), PlaneKey(1)]
    live.stage.strokes.undo()
    live.stage.strokes.undo()
    assert live.opened.ledger.supervision.planes() == [PlaneKey(0)]

    for _ in range(3):
        live.go_to_next_place()
        qtbot.waitUntil(lambda: not live.is_searching, timeout=PATIENCE)
    qtbot.waitUntil(lambda: live.view.is_in_sight, timeout=PATIENCE)
    widget.close_session()
    assert '"times"' in SessionFolder(folder).view.read_text("utf-8")


def test_pairs_are_exported(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    widget = user.opens()
    live = user.opens_again(widget, new_session())
    monkeypatch.setattr(correct, "ask_for_folder", lambda _: tmp_path / "pairs")
    widget.panel.export.clicked.emit(True)
    qtbot.waitUntil(lambda: said == ["error: Nothing is painted yet: there are no pairs to export."])
    qtbot.waitUntil(lambda: widget._job is None)
    user.paints(live.stage.strokes, 2, (30, 10))
    widget.panel.export.clicked.emit(True)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=PATIENCE)
    assert "1 pairs" in said[1]
    (mask,) = (tmp_path / "pairs" / "train" / "masks").iterdir()
    values = open_image(mask).read()[0]
    np.testing.assert_array_equal(values == 1, live.stage.strokes.data == 2)
    assert set(np.unique(values)) == {1, 255}
    qtbot.waitUntil(lambda: widget._job is None)
