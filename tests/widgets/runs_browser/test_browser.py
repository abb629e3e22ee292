"""Tests of the list of runs: sorted, compared, written a note on, archived."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QItemSelectionModel, Qt

from napari_cytounet.runs.keeping import read_note
from napari_cytounet.settings import TrainSettings
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.runs_browser import browser
from napari_cytounet.widgets.runs_browser.browser import RunsWidget

NAME, DICE, MINUTES, DATA, BEGUN, NOTE = range(6)


def _record(created: str, dice: float, **training: Any) -> dict[str, Any]:
    settings = TrainSettings().model_dump(mode="json")
    settings["training"] |= {"preset": "fast"} | training
    card = dict.fromkeys(("channels", "mask_kind", "normalisation", "working_scale", "pixel_size"))
    image = {"image": "/data/cells/images/1.tif", "mask": "m", "image_sha256": "1", "mask_sha256": "2"}
    counts = [[[int(100 * dice), 5, 100 - int(100 * dice), 900]]] * 2
    return {
        "format": 1,
        "created": created,
        "card": card | {"classes": ["cell"], "mask_values": []},
        "settings": settings,
        "environment": {"device": "cpu (1 threads)", "packages": {}},
        "start_from": None,
        "freeze_encoder": False,
        "data": {
            "training": [image],
            "validation": [],
            "masks": {"kind": "binary", "reason": "so"},
            "split": "some",
        },
        "result": {
            "stopped": False,
            "steps": 90,
            "seconds": 60.0,
            "dice": dice,
            "thresholds": [0.5],
            "best_step": 80,
            "validation": {
                "dice": {"pooled_interval": [dice - 0.05, dice + 0.05], "mean": dice},
                "images": [{"image": str(n), "counts": one, "dice": dice} for n, one in enumerate(counts)],
                "curves": [],
                "baselines": {},
            },
        },
    }


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Three runs."""
    folder = tmp_path / "runs"
    for name, created, dice in (("b", "2026-11-02", 0.8), ("a", "2026-11-03", 0.7), ("c", "2026-11-01", 0.9)):
        (folder / name).mkdir(parents=True)
        record = _record(f"{created}T10:00:00+00:00", dice, seed=ord(name))
        (folder / name / "record.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def widget(viewer: ViewerModel, qtbot: QtBot, kept: Path) -> RunsWidget:
    """The widget, with the runs in it."""
    made = RunsWidget(viewer)
    viewer.window.add_dock_widget(made)
    qtbot.waitUntil(lambda: len(made.table.model_of_runs.runs) == 3, timeout=5000)
    return made


def _column(widget: RunsWidget, column: int) -> list[str]:
    model = widget.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def _select(widget: RunsWidget, *names: str) -> None:
    widget.table.clearSelection()
    model = widget.table.model()
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row, name in enumerate(_column(widget, NAME)):
        if name in names:
            widget.table.selectionModel().select(model.index(row, 0), flags)


def test_runs_are_listed_and_sorted(widget: RunsWidget) -> None:
    assert _column(widget, NAME) == ["a", "b", "c"]  # the latest first
    assert _column(widget, DATA) == ["cells"] * 3
    assert _column(widget, DICE)[2] == "0.900 (0.850 to 0.950)"
    assert _column(widget, MINUTES) == ["1.0"] * 3
    widget.table.sortByColumn(DICE, Qt.SortOrder.AscendingOrder)
    assert _column(widget, NAME) == ["a", "b", "c"]
    widget.table.sortByColumn(DICE, Qt.SortOrder.DescendingOrder)
    assert _column(widget, NAME) == ["c", "b", "a"]
    header = widget.table.model().headerData(DICE, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "2 TP" in header
    assert "3 runs" in widget.place.value


def test_what_can_be_done_depends_on_how_many_are_selected(widget: RunsWidget) -> None:
    buttons = (widget.report, widget.choose, widget.archive, widget.compare)
    assert [button.enabled for button in buttons] == [False] * 4
    _select(widget, "a")
    assert [button.enabled for button in buttons] == [True, True, True, False]
    _select(widget, "a", "c")
    assert [button.enabled for button in buttons] == [False, False, False, True]


def test_two_are_compared_in_words(widget: RunsWidget, qtbot: QtBot) -> None:
    _select(widget, "a", "c")
    widget.compare.clicked.emit(True)
    qtbot.waitUntil(lambda: "settings.training.seed: 97, then 99" in widget.said.value, timeout=10_000)
    assert "dice: 0.7, then 0.9" in widget.said.value


def test_a_note_is_kept(widget: RunsWidget, qtbot: QtBot, kept: Path) -> None:
    _select(widget, "b")
    widget.note.value = "failed because of the light"
    widget.note.native.editingFinished.emit()
    qtbot.waitUntil(lambda: "failed because of the light" in _column(widget, NOTE), timeout=5000)
    assert read_note(kept / "b") == "failed because of the light"
    assert [run.name for run in widget.table.selection()] == ["b"]  # it stays selected


def test_a_run_is_archived_and_brought_back(widget: RunsWidget, qtbot: QtBot, kept: Path) -> None:
    _select(widget, "b")
    widget.archive.clicked.emit(True)
    qtbot.waitUntil(lambda: _column(widget, NAME) == ["a", "c"], timeout=5000)
    assert (kept / "archived-runs" / "b" / "record.json").exists()
    widget.archived.value = True
    qtbot.waitUntil(lambda: "b (archived)" in _column(widget, NAME), timeout=5000)
    _select(widget, "b (archived)")
    assert widget.archive.text == "Bring back"
    widget.archive.clicked.emit(True)
    qtbot.waitUntil(lambda: "b" in _column(widget, NAME), timeout=5000)


def test_a_report_is_opened_in_the_browser(
    widget: RunsWidget, qtbot: QtBot, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(browser.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    (kept / "c" / "record.json").write_text(json.dumps(_full_record()))
    _select(widget, "c")
    widget.report.clicked.emit(True)
    qtbot.waitUntil(lambda: bool(opened), timeout=10_000)
    assert opened == [str(kept / "c" / "report.html")]
    assert (kept / "c" / "report.html").exists()


def _full_record() -> dict[str, Any]:
    record = _record("2026-11-01T10:00:00+00:00", 0.9)
    record["environment"] |= {"napari-cytounet": "0", "python": "3"}
    record["card"] |= {"working_scale": 1.0, "normalisation": {"low_percentile": 1, "high_percentile": 99}}
    return record


def test_its_model_is_chosen_for_prediction(
    widget: RunsWidget, kept: Path, new_model: Callable[..., Path], said: list[str]
) -> None:
    _select(widget, "a")
    widget.choose.clicked.emit(True)
    assert model_choice.chosen is None
    assert "no model" in said[-1]
    new_model("runs/a/model.safetensors")
    widget.choose.clicked.emit(True)
    assert model_choice.chosen is not None
    assert model_choice.chosen.path == kept / "a" / "model.safetensors"


def test_without_runs_it_says_where_to_begin(viewer: ViewerModel, qtbot: QtBot) -> None:
    made = RunsWidget(viewer)
    viewer.window.add_dock_widget(made)
    qtbot.waitUntil(lambda: "Layers > Segment" in made.place.value, timeout=5000)
