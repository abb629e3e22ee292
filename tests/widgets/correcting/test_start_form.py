"""Tests of what a new session is about."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import SettingsError
from napari_cytounet.widgets.correcting.diameter_line import HINT
from napari_cytounet.widgets.correcting.session_list import find_sessions
from napari_cytounet.widgets.correcting.start_form import FILES, NO_IMAGE, SESSION, StartForm
from napari_cytounet.widgets.model_choice import model_choice


@pytest.fixture
def form(viewer: Viewer) -> StartForm:
    made = StartForm(viewer)
    viewer.window.add_dock_widget(made)
    return made


def test_what_is_missing_is_said(viewer: Viewer, form: StartForm, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=NO_IMAGE):
        form.new_session()
    viewer.add_image(np.zeros((9, 9), np.uint8), name="cells")
    form.reset_choices()
    for names, message in ((" , ", "one class or more"), ("a, b, a", "same name")):
        form.names.value = names
        with pytest.raises(SettingsError, match=message):
            form.new_session()
    form.names.value = "a"
    form.diameter.value = "0.5"
    with pytest.raises(SettingsError, match="diameter"):
        form.new_session()
    form.diameter.value = ""
    new = form.new_session()
    assert new.layer is not None
    assert new.settings.diameter is None
    form.source.value = FILES
    with pytest.raises(SettingsError, match="folder of the images"):
        form.new_session()
    form.files.value = tmp_path
    assert form.new_session().files == tmp_path


def test_the_chosen_model_can_be_started_from(form: StartForm, new_model: Callable[..., Path]) -> None:
    assert form.chosen.native.isHidden()
    path = new_model()
    model_choice.choose(path)
    assert not form.chosen.native.isHidden()
    form.chosen.clicked.emit(True)
    assert form.start_from.path == path
    assert form.names.native.isHidden(), "its classes are taken over"


def test_the_diameter_is_measured_by_a_line(viewer: Viewer, form: StartForm, qtbot: QtBot) -> None:
    image = viewer.add_image(np.zeros((3, 90, 90), np.uint8), scale=(1, 0.5, 0.5), name="cells")
    form.reset_choices()
    form.measure.clicked.emit(True)
    line: Any = viewer.layers[HINT]
    line.add(np.array([[10.0, 10.0], [10.0, 22.4]]), shape_type="line")
    assert form.diameter.value == "25"
    qtbot.waitUntil(lambda: HINT not in viewer.layers, timeout=2000)
    assert viewer.layers.selection.active == image


def test_sessions_are_listed_the_latest_first(
    form: StartForm, new_session: Callable[..., Path], qtbot: QtBot
) -> None:
    first = new_session()
    second = first.with_name("second")
    second.mkdir()
    SessionFolder(second).session.write_text("{}", encoding="utf-8")
    os.utime(SessionFolder(first).session, (1, 1))
    assert find_sessions(first.parent) == [second, first]
    assert form.again is None
    form.source.value = SESSION
    qtbot.waitUntil(lambda: len(form.sessions.latest.choices) == 2, timeout=5000)
    assert form.again == second
    form.sessions.other.value = first
    assert form.again == first
