"""Tests of the widget that corrects, used as a person would, with a trainer that only pretends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_model.types import KeyBinding
from napari.layers import Labels
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader, Layer
from napari_cytounet.correction.session import read_session
from napari_cytounet.events import drain
from napari_cytounet.images.reading import open_image
from napari_cytounet.widgets.correcting import correct
from napari_cytounet.widgets.correcting.correct import ENDED, NO_RESULT, CorrectWidget
from napari_cytounet.widgets.correcting.live_session import NO_FIELD, NOTHING_ACCEPTED
from napari_cytounet.widgets.correcting.opening import opening
from napari_cytounet.widgets.correcting.stage import REMOVED, REPLACED
from napari_cytounet.widgets.correcting.start_form import NO_IMAGE, SESSION
from napari_cytounet.widgets.model_choice import model_choice

PATIENCE = 20_000
HOLD = KeyBinding.from_str("A")


@pytest.fixture
def opened(viewer: Viewer, qtbot: QtBot) -> Iterator[Callable[[], CorrectWidget]]:
    widgets: list[CorrectWidget] = []

    def make() -> CorrectWidget:
        widget = CorrectWidget(viewer)
        viewer.window.add_dock_widget(widget)
        widgets.append(widget)
        return widget

    yield make
    for widget in widgets:
        if widget.live is not None:
            widget.close_session()


def _start(widget: CorrectWidget, qtbot: QtBot) -> Any:
    widget.start_button.clicked.emit(True)
    qtbot.waitUntil(lambda: widget.live is not None and widget.live.stage.is_there, timeout=PATIENCE)
    return widget.live


def _open_again(widget: CorrectWidget, folder: Path, qtbot: QtBot) -> Any:
    widget.form.source.value = SESSION
    widget.form.sessions.other.value = folder
    return _start(widget, qtbot)


def _paint(layer: Labels, value: int, *at: tuple[int, ...]) -> None:
    with layer.block_history():
        for place in at:
            layer.paint(place, value)


def _version_comes(
    live: Any, trainer: Any, new_version: Callable[[Path, int], None], number: int, qtbot: QtBot
) -> None:
    new_version(live.opened.folder, number)
    trainer.say_version(number, live.opened.ledger.last)
    qtbot.waitUntil(
        lambda: live.view.field is not None and live.view.field.version == number, timeout=PATIENCE
    )


def test_from_an_image_to_a_version(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    said: list[str],
    trainer: Any,
    pixels: np.ndarray,
    new_version: Callable[[Path, int], None],
    tmp_path: Path,
) -> None:
    widget = opened()
    widget.start_button.clicked.emit(True)
    assert said == [f"error: {NO_IMAGE}"]
    viewer.add_image(pixels, name="cells: 3")
    widget.form.names.value = "nucleus, debris"
    widget.form.diameter.value = "20"
    live = _start(widget, qtbot)
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
    _paint(strokes, 2, (30, 10), (30, 14))
    widget.panel.classes.chosen.emit(1)
    assert strokes.selected_label == 1
    _paint(strokes, 1, (5, 40))
    assert [entry.number for entry in JournalReader(SessionFolder(folder).journal).read()] == [1, 2]

    _version_comes(live, trainer, new_version, 1, qtbot)
    assert "2 of 3 strokes obeyed, version 1" in status.value
    names = [layer.name for layer in viewer.layers]
    assert names == ["cells: 3", "prediction", "strokes on cells: 3"]
    prediction = viewer.layers["prediction"]
    assert not prediction.editable
    assert prediction.opacity > 0.3
    assert viewer.layers.selection.active.name == "strokes on cells: 3"
    _paint(strokes, 2, (30, 40))
    assert prediction.opacity < 0.3, "it does not know the last stroke"
    trainer.say_version(2, live.opened.ledger.last, adopted=False)
    qtbot.waitUntil(lambda: prediction.opacity > 0.3, timeout=PATIENCE)

    widget.panel.predict.clicked.emit(True)
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == folder / "model.safetensors"
    widget.close_session()
    assert trainer.is_stopped
    assert widget.note.value == ENDED
    assert not strokes.editable


def test_all_is_there_again_when_a_session_is_opened(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session()
    new_version(folder, 3)
    first = opened()
    live = _open_again(first, folder, qtbot)
    _paint(live.stage.strokes, 2, (30, 10))
    _paint(live.stage.strokes, 1, (5, 40))
    painted = live.stage.strokes.data.copy()
    viewer.scene.camera.zoom, viewer.scene.camera.center = 7.0, (0.0, 30.0, 20.0)
    qtbot.wait(100)
    first.close_session()
    viewer.scene.camera.zoom = 1.0

    live = _open_again(opened(), folder, qtbot)
    strokes = live.stage.strokes
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


def test_a_second_window_looks_on(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    first = opened()
    live = _open_again(first, folder, qtbot)
    _paint(live.stage.strokes, 2, (30, 10))
    second = opened()
    looking = _open_again(second, folder, qtbot)
    assert second.note.value.startswith("Another window paints in this session by process")
    assert not looking.stage.strokes.editable
    np.testing.assert_array_equal(looking.stage.strokes.data, live.stage.strokes.data)
    assert len(trainer.starts) == 1
    second.close_session()
    assert not trainer.is_stopped
    first.close_session()
    third = _open_again(second, folder, qtbot)
    assert third.stage.strokes.editable


def test_accidents_with_layers_lose_nothing(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    widget = opened()
    live = _open_again(widget, new_session(), qtbot)
    strokes = live.stage.strokes
    strokes.name = "mine"
    viewer.layers.move(viewer.layers.index(strokes), 0)
    _paint(strokes, 2, (30, 10))
    painted = strokes.data.copy()
    strokes.data = np.full_like(painted, 7)
    assert said[-1] == f"info: {REPLACED}"
    np.testing.assert_array_equal(strokes.data, painted)
    strokes.undo()
    assert not strokes.data.any(), "the undo history is that of the session, not of the other data"
    strokes.redo()

    viewer.layers.remove(strokes)
    assert widget.panel.trouble.value == REMOVED
    widget.panel.retry.clicked.emit(True)
    assert widget.panel.trouble.value == ""
    assert live.stage.is_there
    np.testing.assert_array_equal(live.stage.strokes.data, painted)
    _paint(live.stage.strokes, 1, (5, 5))
    assert live.opened.ledger.supervision.values(PlaneKey(0), Box(5, 5, 6, 6)) == [[1]]
    viewer.layers.remove("image0")
    _paint(live.stage.strokes, 1, (50, 70))
    assert live.opened.ledger.supervision.values(PlaneKey(0), Box(50, 70, 51, 71)) == [[1]]


def test_images_that_were_changed_are_asked_about(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    tmp_path: Path,
) -> None:
    folder = new_session()
    file = tmp_path / "image0.tif"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    widget = opened()
    widget.form.source.value = SESSION
    widget.form.sessions.other.value = folder
    widget.start_button.clicked.emit(True)
    qtbot.waitUntil(lambda: widget.note.value.startswith("image0.tif was changed"), timeout=PATIENCE)
    assert widget.live is None
    widget.anyway.clicked.emit(True)
    qtbot.waitUntil(lambda: widget.live is not None, timeout=PATIENCE)


def test_a_result_is_corrected(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    widget = opened()
    live = _open_again(widget, new_session(), qtbot)
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


def test_accepting_and_taking_back(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    widget = opened()
    live = _open_again(widget, new_session(), qtbot)
    live.accept_field()
    assert said[-1] == f"info: {NO_FIELD}"
    _version_comes(live, trainer, new_version, 1, qtbot)
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
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session()
    for number in (1, 2, 3):
        new_version(folder, number)
    widget = opened()
    live = _open_again(widget, folder, qtbot)

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


def test_pausing_and_a_trainer_that_dies_twice(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    widget = opened()
    live = _open_again(widget, folder, qtbot)
    widget.panel.pause.clicked.emit(True)
    assert widget.panel.pause.text == "Go on"
    widget.panel.pause.clicked.emit(True)
    assert SessionFolder(folder).commands.read_text("utf-8").count("\n") == 2
    trainer.die()
    live.follower.look()
    assert len(trainer.starts) == 2
    assert "was started again" in said[-1]
    trainer.die()
    live.follower.look()
    assert len(trainer.starts) == 2
    assert "restarted once already" in said[-1]
    assert widget.panel.pause.text == "Go on"
    _paint(live.stage.strokes, 2, (30, 10))
    assert live.opened.ledger.last == 1
    widget.panel.pause.clicked.emit(True)
    assert len(trainer.starts) == 3


def test_images_of_a_folder_and_places_in_them(
    viewer: Viewer,
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
    pixels: np.ndarray,
    new_version: Callable[[Path, int], None],
) -> None:
    folder = new_session(pixels, np.zeros((300, 40), np.uint8), pixels[::-1].copy())
    new_version(folder, 1)
    widget = opened()
    live = _open_again(widget, folder, qtbot)
    _paint(live.stage.strokes, 2, (30, 10))
    widget.panel.images.value = 1
    qtbot.waitUntil(lambda: live.stage.number == 1, timeout=PATIENCE)
    assert live.stage.strokes.data.shape == (300, 40)
    _paint(live.stage.strokes, 1, (250, 10))
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
    opened: Callable[[], CorrectWidget],
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    widget = opened()
    live = _open_again(widget, new_session(), qtbot)
    monkeypatch.setattr(correct, "ask_for_folder", lambda _: tmp_path / "pairs")
    widget.panel.export.clicked.emit(True)
    qtbot.waitUntil(lambda: said == ["error: Nothing is painted yet: there are no pairs to export."])
    qtbot.waitUntil(lambda: widget._job is None)
    _paint(live.stage.strokes, 2, (30, 10))
    widget.panel.export.clicked.emit(True)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=PATIENCE)
    assert "1 pairs" in said[1]
    (mask,) = (tmp_path / "pairs" / "train" / "masks").iterdir()
    values = open_image(mask).read()[0]
    np.testing.assert_array_equal(values == 1, live.stage.strokes.data == 2)
    assert set(np.unique(values)) == {1, 255}
    qtbot.waitUntil(lambda: widget._job is None)


def test_a_widget_that_is_closed_lets_go(
    viewer: Viewer,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    widget = CorrectWidget(viewer)
    dock = viewer.window.add_dock_widget(widget)
    live = _open_again(widget, folder, qtbot)
    strokes = live.stage.strokes
    viewer.window.remove_dock_widget(dock)
    widget.native.deleteLater()
    qtbot.waitUntil(lambda: trainer.is_stopped, timeout=PATIENCE)
    assert not strokes.editable
    again = drain(opening(folder, None, threading.Event()))
    assert again.read_only == ""
    again.lock.close()
