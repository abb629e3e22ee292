"""The list of runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.listing import list_runs

RESULT = {"stopped": False, "steps": 90, "seconds": 60.5, "dice": 0.9}


def _write_run(path: Path, created: str, **more: Any) -> None:
    record = {
        "format": 1,
        "card": {},
        "created": created,
        "data": {"training": [{}, {}], "masks": {"kind": "binary"}},
        "settings": {"training": {"preset": "fast"}},
    }
    path.mkdir(parents=True)
    (path / "record.json").write_text(json.dumps(record | more))


def test_runs_are_listed_oldest_first_with_their_results(tmp_path: Path) -> None:
    _write_run(tmp_path / "b", "2026-01-02T00:00:00+00:00", result=RESULT)
    _write_run(tmp_path / "more" / "a", "2026-01-03T00:00:00+00:00", result=RESULT | {"stopped": True})
    _write_run(tmp_path / "c", "2026-01-01T00:00:00+00:00")
    runs = list_runs(tmp_path)
    assert [run.path.name for run in runs] == ["c", "b", "a"]
    assert [run.state for run in runs] == ["unfinished", "finished", "stopped"]
    assert [run.dice for run in runs] == [None, 0.9, 0.9]
    assert runs[0].images == 2


def test_the_folder_of_one_run_is_a_list_of_one(tmp_path: Path) -> None:
    _write_run(tmp_path / "only", "2026-01-01T00:00:00+00:00")
    assert [run.path for run in list_runs(tmp_path / "only")] == [tmp_path / "only"]


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        list_runs(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["[1, 2]", '{"title": "a record"}', "not JSON", "\x00"])
def test_records_of_others_are_left_out(tmp_path: Path, text: str) -> None:
    _write_run(tmp_path / "ours", "2026-01-01T00:00:00+00:00")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "record.json").write_text(text)
    assert [run.path.name for run in list_runs(tmp_path)] == ["ours"]


@pytest.mark.parametrize(
    "text",
    [
        '{"created": ',
        '{"format": 1, "card": {}}',
        '{"format": 1, "card": {}, "created": "2026", "data": null}',
        '{"format": 1, "card": {}, "created": "2026", "data": [], "result": 3}',
    ],
)
def test_a_damaged_record_is_listed_as_damaged_beside_the_others(tmp_path: Path, text: str) -> None:
    _write_run(tmp_path / "whole", "2026-01-01T00:00:00+00:00", result=RESULT)
    _write_run(tmp_path / "torn", "2026-01-01T00:00:00+00:00")
    (tmp_path / "torn" / "record.json").write_text(text)
    (tmp_path / "torn" / "model.safetensors").touch()
    runs = list_runs(tmp_path)
    assert [(run.path.name, run.state) for run in runs] == [("torn", "damaged"), ("whole", "finished")]
    assert runs[0].as_dict()["images"] is None


@pytest.mark.parametrize(
    ("image", "data"),
    [
        ("/data/cells/images/1.tif", "cells"),
        ("C:\\data\\cells\\1.tif", "cells"),
        ("/data/bbbc030/train/images/1.png", "bbbc030/train"),
        ("/runs/2026/data/images/1.tif", "data"),
        ("1.tif", ""),
    ],
)
def test_data_are_called_after_their_folder(tmp_path: Path, image: str, data: str) -> None:
    _write_run(
        tmp_path / "run",
        "2026-01-01",
        data={"training": [{"image": image}], "masks": {"kind": "binary"}},
        result=RESULT | {"validation": {"dice": {"pooled_interval": [0.8, 0.95]}}},
    )
    (run,) = list_runs(tmp_path)
    assert (run.data, run.interval, run.minutes) == (data, (0.8, 0.95), pytest.approx(1.0083, abs=1e-3))
