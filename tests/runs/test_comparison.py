"""Two runs side by side: what differs, and whether the difference means anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_cytounet import train
from napari_cytounet.cli import main
from napari_cytounet.errors import OutputError
from napari_cytounet.runs.comparison import compare_runs
from napari_cytounet.runs.differences import data_differences, differences, record_differences
from napari_cytounet.runs.record import Record, read_record, write_record
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import TrainSettings


@pytest.fixture
def record(run: TrainResult) -> Record:
    return copy.deepcopy(read_record(run.run / "record.json"))


def _run(folder: Path, record: Record) -> Path:
    folder.mkdir()
    write_record(folder / "record.json", record)
    return folder


def test_settings_data_and_results_that_differ_are_named(
    run: TrainResult, cells: Path, change: Callable[..., TrainSettings], tmp_path: Path
) -> None:
    settings = change(training={"steps": 20, "seed": 3}, optimiser={"learning_rate": 0.01})
    other = train(cells, out=tmp_path / "other", settings=settings)
    found = compare_runs(run.run, other.run)
    assert {difference.name for difference in found.settings} == {
        "settings.training.steps",
        "settings.training.seed",
    }
    assert found.data == ()
    assert "steps" in {difference.name for difference in found.results}
    assert found.dice is not None
    assert found.dice.images == 3
    text = found.describe()
    assert "settings.training.seed: 0, then 3" in text
    assert "The same images" in text
    assert "a hint" in text or "may be chance" in text


def test_the_same_run_differs_in_nothing(run: TrainResult, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "compare", str(run.run), str(run.run), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["settings"], said["data"], said["results"]) == ([], [], [])
    assert said["dice"]["difference"] == 0


def test_images_are_told_apart_by_what_they_hold(record: Record) -> None:
    other = copy.deepcopy(record)
    other["data"]["training"][0]["image"] = "/elsewhere/renamed.tif"
    assert data_differences(record, other) == []
    other["data"]["training"][0]["mask_sha256"] = "0" * 64
    assert data_differences(record, other) == [
        "only the first run learnt from cells_0.tif",
        "only the second run learnt from renamed.tif",
    ]


def test_runs_that_kept_back_other_images_are_not_scored_against_each_other(
    record: Record, tmp_path: Path
) -> None:
    other = copy.deepcopy(record)
    for entry in other["result"]["validation"]["images"]:
        entry["counts"][0][0] += 1  # another part of the image
    found = compare_runs(_run(tmp_path / "a", record), _run(tmp_path / "b", other))
    assert found.dice is None
    assert "--against" in found.describe()


def test_another_start_and_what_is_missing_are_differences(record: Record) -> None:
    other = copy.deepcopy(record)
    other["start_from"] = {"model": "m", "sha256": "1"}
    del other["settings"]["loss"]["border_sigma"]
    assert {difference.name for difference in record_differences(record, other)} == {
        "start_from",
        "settings.loss.border_sigma",
    }
    assert differences([1], [1]) == []


def test_what_is_no_run_is_an_error(tmp_path: Path, run: TrainResult) -> None:
    with pytest.raises(OutputError, match="not the folder of a run"):
        compare_runs(run.run, tmp_path)
