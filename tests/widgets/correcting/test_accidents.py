"""Tests of what can go wrong with a session: windows, layers, files and trainers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.session import read_session
from napari_cytounet.events import drain
from napari_cytounet.widgets.correcting.correct import CorrectWidget
from napari_cytounet.widgets.correcting.opening import opening
from napari_cytounet.widgets.correcting.stage import OTHER_IMAGE, REMOVED, REPLACED
from napari_cytounet.widgets.correcting.start_form import SESSION

PATIENCE = 20_000


def test_a_second_window_looks_on(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    first = user.opens()
    live = user.opens_again(first, folder)
    user.paints(live.stage.strokes, 2, (30, 10))
    second = user.opens()
    looking = user.opens_again(second, folder)
    assert second.note.value.startswith("Another window paints in this session by process")
    assert not looking.stage.strokes.editable
    np.testing.assert_array_equal(looking.stage.strokes.data, live.stage.strokes.data)
    assert len(trainer.starts) == 1
    second.close_session()
    assert not trainer.is_stopped
    first.close_session()
    third = user.opens_again(second, folder)
    assert third.stage.strokes.editable


def test_accidents_with_layers_lose_nothing(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    widget = user.opens()
    live = user.opens_again(widget, new_session())
    strokes = live.stage.strokes
    strokes.name = "mine"
    viewer.layers.move(viewer.layers.index(strokes), 0)
    user.paints(strokes, 2, (30, 10))
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
    user.paints(live.stage.strokes, 1, (5, 5))
    assert live.opened.ledger.supervision.values(PlaneKey(0), Box(5, 5, 6, 6)) == [[1]]
    viewer.layers.remove("image0")
    user.paints(live.stage.strokes, 1, (50, 70))
    assert live.opened.ledger.supervision.values(PlaneKey(0), Box(50, 70, 51, 71)) == [[1]]


def test_images_that_were_changed_are_asked_about(
    viewer: Viewer,
    user: Any,
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
    widget = user.opens()
    widget.form.source.value = SESSION
    widget.form.sessions.other.value = folder
    widget.start_button.clicked.emit(True)
    qtbot.waitUntil(lambda: widget.note.value.startswith("image0.tif was changed"), timeout=PATIENCE)
    assert widget.live is None
    widget.anyway.clicked.emit(True)
    qtbot.waitUntil(lambda: widget.live is not None, timeout=PATIENCE)
    assert read_session(folder).changed_images(folder) == []


def test_pausing_and_a_trainer_that_dies_twice(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    said: list[str],
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    widget = user.opens()
    live = user.opens_again(widget, folder)
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
    user.paints(live.stage.strokes, 2, (30, 10))
    assert live.opened.ledger.last == 1
    widget.panel.pause.clicked.emit(True)
    assert len(trainer.starts) == 3


def test_a_widget_that_is_closed_lets_go(
    viewer: Viewer,
    user: Any,
    qtbot: QtBot,
    trainer: Any,
    new_session: Callable[..., Path],
) -> None:
    folder = new_session()
    widget = CorrectWidget(viewer)
    dock = viewer.window.add_dock_widget(widget)
    live = user.opens_again(widget, folder)
    strokes = live.stage.strokes
    viewer.window.remove_dock_widget(dock)
    widget.native.deleteLater()
    qtbot.waitUntil(lambda: trainer.is_stopped, timeout=PATIENCE)
    assert not strokes.editable
    again = drain(opening(folder, None, threading.Event()))
    assert again.read_only == ""
    again.lock.close()


def test_the_image_is_replaced_while_it_is_corrected(
    viewer: Viewer, user: Any, trainer: Any, said: list[str], pixels: np.ndarray
) -> None:
    layer = viewer.add_image(pixels, name="cells")
    widget = user.opens()
    live = user.starts(widget)
    layer.data = pixels[:30, :30]
    assert said[-1] == f"info: {OTHER_IMAGE}"
    user.paints(live.stage.strokes, 2, (50, 70))
    assert live.opened.ledger.last == 1
    np.testing.assert_array_equal(live.opened.images[0].read()[0], pixels)


def test_the_folder_is_deleted_and_nothing_can_be_painted(
    viewer: Viewer, user: Any, trainer: Any, said: list[str], new_session: Callable[..., Path]
) -> None:
    folder = new_session()
    widget = user.opens()
    live = user.opens_again(widget, folder)
    away = folder.rename(folder.with_name("moved"))
    user.paints(live.stage.strokes, 2, (30, 10))
    assert widget.panel.trouble.value == f"The folder {folder} was deleted: the work in it ends."
    assert not live.stage.strokes.editable
    widget.panel.retry.clicked.emit(True)
    assert widget.panel.trouble.value
    away.rename(folder)
    widget.panel.retry.clicked.emit(True)
    assert widget.panel.trouble.value == ""
    assert live.stage.strokes.editable
    assert live.opened.ledger.last == 1
