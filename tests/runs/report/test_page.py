"""The report says what the record, the history and the pictures hold, and needs nothing else."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.cli import main
from napari_cytounet.errors import OutputError
from napari_cytounet.events import Event, FileWritten, Notice, Warned
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import HistoryRow, read_history
from napari_cytounet.runs.record import Record, read_record
from napari_cytounet.runs.report.examples import read_examples
from napari_cytounet.runs.report.page import report_page, write_report
from napari_cytounet.runs.report.results import head
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import TrainSettings

VOID = {"meta", "img", "br", "line", "circle", "polyline"}


class _Balance(HTMLParser):
    """Checks that every element that is opened is closed, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, tag


def _check(html: str) -> None:
    parser = _Balance()
    parser.feed(html)
    assert parser.open == []
    assert all(link.startswith("data:image/png;base64,") for link in parser.links)
    assert "<script" not in html
    assert "nan" not in re.findall(r'points="([^"]*)"', html)


def _parts(run: TrainResult) -> tuple[RunFolder, Record, list[HistoryRow]]:
    folder = RunFolder(run.run)
    return folder, copy.deepcopy(read_record(folder.record)), read_history(folder.history)


def test_every_training_leaves_a_report_that_stands_alone(run: TrainResult) -> None:
    html = (run.run / "report.html").read_text("utf-8")
    _check(html)
    text = unescape(html)
    for said in (
        f"{run.dice:.3f}",
        "Dice",
        "calling everything foreground",
        "cells_0.tif",
        "Where it is right and wrong",
        "Where to cut the probabilities",
        "cytounet replay run",
        "missed",
    ):
        assert said in text
    record = json.loads(unescape(html[html.index("<pre>") + 5 : html.index("</pre>")]))
    assert record == read_record(run.run / "record.json")


def test_the_record_holds_the_scores_of_every_image_that_was_kept_back(run: TrainResult) -> None:
    record = read_record(run.run / "record.json")
    validation = record["result"]["validation"]
    counts = np.array([entry["counts"] for entry in validation["images"]]).sum(axis=0)
    tp, fp, fn, _ = counts[0]
    assert 2 * tp / (2 * tp + fp + fn) == pytest.approx(run.dice)
    assert validation["dice"]["pooled"] == pytest.approx(run.dice)
    (curve,) = validation["curves"]
    assert max(value for value in curve if value is not None) == pytest.approx(run.dice, abs=0.02)
    assert set(validation["baselines"]) == {
        "finding nothing",
        "calling everything foreground",
        "Otsu's threshold",
    }
    assert len(record["data"]["kept_back"]) == len(record["data"]["learnt_from"]) == 3
    assert all({"rows", "columns"} <= set(entry) for entry in record["data"]["kept_back"])
    timings = record["result"]["timings"]
    assert 0 < timings["before_first_step"] < timings["all"]


def test_names_that_look_like_html_stay_text(run: TrainResult) -> None:
    folder, record, rows = _parts(run)
    record["data"]["training"][0]["image"] = "/data/<img src=x onerror=alert(1)>.tif"
    record["card"]["classes"] = ["<b>cell</b> & co"]
    html = report_page(folder, record, rows)
    _check(html)
    assert "onerror=alert(1)>.tif" not in html
    assert "<b>cell</b>" not in html


def test_the_precision_of_objects_is_shown_where_they_are_told_apart(run: TrainResult) -> None:
    record = read_record(run.run / "record.json")
    assert "precision of objects" not in head("run", record, [])
    record["result"]["objects"] = 0.6543
    assert "<b>0.654</b><span>average precision of objects there" in head("run", record, [])


def test_findings_of_the_data_check_and_warnings_are_shown(run: TrainResult) -> None:
    folder, record, rows = _parts(run)
    record["data"]["findings"] = None
    assert "data check" not in report_page(folder, record, rows)
    record["data"]["findings"] = []
    assert "The data check found nothing" in report_page(folder, record, rows)
    record["data"]["findings"] = [
        {
            "severity": "high",
            "what": "the mask is inverted",
            "where": {"file": "/data/masks/3.tif"},
            "advice": "invert it",
        }
    ]
    flat = [HistoryRow(step, step / 9, 0.002, 1.2, 0.1 if step % 20 == 0 else None) for step in range(1, 201)]
    html = report_page(folder, record, flat)
    _check(html)
    for said in ("the mask is inverted", "invert it", "The loss is flat"):
        assert said in html


def test_an_unfinished_run_and_one_of_the_first_version_have_a_report_too(
    run: TrainResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, record, rows = _parts(run)
    for name in ("validation", "timings"):
        del record["result"][name]
    for name in ("learnt_from", "kept_back", "findings"):
        del record["data"][name]
    first = report_page(RunFolder(tmp_path / "first"), record, rows)
    _check(first)
    assert f"{run.dice:.3f}" in first
    other = tmp_path / "unfinished"
    other.mkdir()
    del record["result"]
    (other / "record.json").write_text(json.dumps(record))
    assert main(["report", str(other)]) == 0
    html = (other / "report.html").read_text("utf-8")
    _check(html)
    assert "not finished" in html
    assert str(other / "report.html") in capsys.readouterr().out
    assert main(["report", str(tmp_path / "nowhere")]) == 1


def test_without_validation_there_are_curves_but_no_scores(
    cells: Path, change: Callable[..., TrainSettings], tmp_path: Path
) -> None:
    settings = change(training={"validation_share": 0})
    train(cells, out=tmp_path / "run", settings=settings)
    html = (tmp_path / "run" / "report.html").read_text("utf-8")
    _check(html)
    assert "How it learnt" in html
    assert "How good it is" not in html
    assert read_examples(RunFolder(tmp_path / "run")) == []


def test_classes_and_other_planes_have_their_own_colours(
    fields: list[tuple[NDArray[np.uint8], NDArray[np.uint16]]],
    write: Callable[..., Path],
    change: Callable[..., TrainSettings],
    tmp_path: Path,
) -> None:
    masks = [np.where(instances > 0, instances % 2 + 1, 0).astype(np.uint8) for _, instances in fields]
    data = write(tmp_path / "data", [image for image, _ in fields], masks)
    settings = change(training={"steps": 30}, masks={"masks": "classes"}, optimiser={"learning_rate": 0.01})
    train(data, out=tmp_path / "run", settings=settings)
    html = (tmp_path / "run" / "report.html").read_text("utf-8")
    _check(html)
    assert html.count("within 0.01 of its best") + html.count("nothing is found") == 2
    assert "Otsu" not in html


def test_a_report_that_cannot_be_written_costs_no_model(
    cells: Path, quick: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OutputError("the disk is full")

    monkeypatch.setattr("napari_cytounet.runs.training.write_report", full)
    said: list[Event] = []
    result = train(cells, out=tmp_path / "run", settings=quick, on_event=said.append)
    assert result.model.exists()
    assert "no report of it: the disk is full" in [e for e in said if isinstance(e, Notice)][-1].text


def test_a_training_that_cannot_learn_says_so(
    fields: list[tuple[NDArray[np.uint8], NDArray[np.uint16]]],
    write: Callable[..., Path],
    change: Callable[..., TrainSettings],
    tmp_path: Path,
) -> None:
    """Masks that have nothing to do with their images."""
    random = np.random.default_rng(0)
    noise = [random.integers(0, 255, image.shape, np.uint8) for image, _ in fields]
    data = write(tmp_path / "data", noise, [(instances > 0).astype(np.uint8) for _, instances in fields])
    said: list[Event] = []
    settings = change(training={"steps": 120}, augmentation={"rotate": False})
    train(data, out=tmp_path / "run", settings=settings, on_event=said.append)
    codes = [event.code for event in said if isinstance(event, Warned)]
    assert codes
    assert set(codes) <= {"constant-output", "flat-loss", "validation-falls-apart"}
    assert "class='warning'" in (tmp_path / "run" / "report.html").read_text("utf-8")
    assert any(isinstance(event, FileWritten) and event.path.endswith("report.html") for event in said)


def test_it_replaces_only_itself(run: TrainResult, tmp_path: Path) -> None:
    copied = shutil.copytree(run.run, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in copied.iterdir() if path.is_file()}
    assert write_report(RunFolder(copied)) == copied / "report.html"
    after = {path.name: path.read_bytes() for path in copied.iterdir() if path.is_file()}
    del before["report.html"], after["report.html"]
    assert after == before
