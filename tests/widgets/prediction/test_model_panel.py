"""Tests of choosing a model."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.prediction import model_panel
from napari_cytounet.widgets.prediction.model_panel import NO_MODEL, ModelPanel, describe, latest_models

NewModel = Callable[..., Path]


def _run(new_model: NewModel, name: str, created: str, dice: float) -> Path:
    """Write a finished run, as far as the list of runs looks at it."""
    path = new_model(f"runs/{name}/model.safetensors", validation_dice=dice)
    record = {
        "format": 1,
        "card": {},
        "created": created,
        "data": {"training": [{"image": "cells.tif"}], "masks": {"kind": "binary"}},
        "settings": {"training": {"preset": "fast"}},
        "result": {"stopped": False, "dice": dice},
    }
    path.with_name("record.json").write_text(json.dumps(record))
    return path


@pytest.fixture
def open_panel(qapp: object) -> Iterator[Callable[[], ModelPanel]]:
    panels: list[ModelPanel] = []

    def make() -> ModelPanel:
        panels.append(ModelPanel())
        return panels[-1]

    yield make
    for panel in panels:
        panel.close()
        panel.native.deleteLater()


def test_the_latest_runs_are_offered_and_the_choice_is_shared(
    qtbot: QtBot, tmp_path: Path, new_model: NewModel, open_panel: Callable[[], ModelPanel]
) -> None:
    old = _run(new_model, "old", "2026-01-02T10:00:00+00:00", 0.8)
    new = _run(new_model, "new", "2026-03-04T12:00:00+00:00", 0.912)
    assert latest_models(tmp_path / "runs") == {new: "new (Dice 0.91)", old: "old (Dice 0.80)"}
    assert latest_models(tmp_path / "nowhere") == {}
    panel = open_panel()
    qtbot.waitUntil(lambda: panel.model.choices == (None, new, old), timeout=5000)
    assert panel.about.value == NO_MODEL
    panel.model.value = old
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == old
    assert "0.800" in panel.about.value
    assert "02 Jan 2026" in panel.about.value

    other = open_panel()
    assert other.model.value == old
    elsewhere = new_model("elsewhere/nuclei.safetensors")
    model_choice.choose(elsewhere)
    for shown in (panel, other):
        assert shown.model.value == elsewhere
        assert shown.model.current_choice == "nuclei"
    trained = _run(new_model, "trained", "2026-05-06T12:00:00+00:00", 0.95)
    model_choice.choose(trained.parent)
    assert panel.model.value == trained
    qtbot.waitUntil(lambda: panel.model.current_choice == "trained (Dice 0.95)", timeout=5000)
    assert panel.model.value == trained


def test_a_file_is_opened_by_a_dialog_and_refused_if_it_is_no_model(
    qtbot: QtBot,
    tmp_path: Path,
    new_model: NewModel,
    open_panel: Callable[[], ModelPanel],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panel = open_panel()
    answers: list[Path | None] = [new_model(), None, tmp_path / "weights.pt"]
    (tmp_path / "weights.pt").write_bytes(b"PK\x03\x04" + bytes(20))
    monkeypatch.setattr(model_panel, "ask_for_model", lambda *_: answers.pop(0))
    panel.open.native.click()
    assert panel.model.value == tmp_path / "model.safetensors"
    panel.open.native.click()
    assert panel.model.value == tmp_path / "model.safetensors"
    panel.open.native.click()
    assert said == [f"error: {said[0].removeprefix('error: ')}"]
    assert "weights.pt is a pickle" in said[0]
    assert panel.model.value == tmp_path / "model.safetensors"


def test_what_a_model_is(new_model: NewModel) -> None:
    path = new_model(
        classes=("<b>", "debris"),
        colours=("#112233", "#445566"),
        channels=3,
        pixel_size=0.65,
        working_scale=0.5,
    )
    os.utime(path, (1_700_000_000, 1_700_000_000))
    text = describe(model_choice.choose(path))
    for part in ("&lt;b&gt;", "#445566", "3 channels", "0.65 µm, resized by 0.5", "not measured", "Nov 2023"):
        assert part in text
