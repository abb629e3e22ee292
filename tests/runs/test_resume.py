"""Going on with a run: after a kill, from another folder, and only with the data that it began with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from napari_cytounet import train
from napari_cytounet.errors import ModelFileError, TrainingError
from napari_cytounet.events import BatchDone, Event
from napari_cytounet.runs import training as job
from napari_cytounet.runs.history import HistoryRow, read_history
from napari_cytounet.runs.record import read_record
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.runs.training import training
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.model import load_model, read_tensors

Change = Callable[..., TrainSettings]

CHILD = """
import sys, time
from pathlib import Path
from napari_cytounet import train
from napari_cytounet.settings import TrainSettings

cells, out, settings = Path(sys.argv[1]), Path(sys.argv[2]), TrainSettings.model_validate_json(sys.argv[3])

def slow_down(event):
    if (out / "checkpoint.safetensors").exists():
        time.sleep(0.1)  # so that the kill comes long before the end

train(cells, out=out, settings=settings, on_event=slow_down)
"""


def _rows(run: Path) -> list[tuple[object, ...]]:
    return [
        (row.step, row.learning_rate, row.loss, row.validation_dice)
        for row in read_history(run / "history.csv")
    ]


def _assert_equal_runs(one: Path, other: Path) -> None:
    assert _rows(one) == _rows(other)
    for name in ("model.safetensors", "checkpoint.safetensors"):
        tensors, expected = read_tensors(one / name)[0], read_tensors(other / name)[0]
        assert tensors.keys() == expected.keys()
        assert all(torch.equal(values, expected[key]) for key, values in tensors.items())
    assert load_model(one).card.thresholds == load_model(other).card.thresholds
    ended, expected_end = (read_record(run / "record.json")["result"] for run in (one, other))
    clocks = {"seconds": 0, "timings": {}}
    assert ended | clocks == expected_end | clocks


def _wait_for(path: Path, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert child.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, cells: Path, change: Change) -> None:
    settings = change(training={"steps": 30})
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, "-c", CHILD, str(cells), str(killed), settings.model_dump_json()]
    with subprocess.Popen(arguments, env=environment) as child:
        try:
            _wait_for(killed / "checkpoint.safetensors", child)
            time.sleep(0.15)
        finally:
            child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert "result" not in read_record(killed / "record.json")
    assert len(_rows(killed)) < 30

    resumed = train(None, out=killed, resume=True)
    uninterrupted = train(cells, out=whole, settings=settings)
    assert (resumed.steps, resumed.dice) == (uninterrupted.steps, uninterrupted.dice)
    _assert_equal_runs(killed, whole)


@pytest.mark.parametrize("stop_after", [1, 4, 7])
def test_wherever_it_stops_it_goes_on_the_same(
    tmp_path: Path, cells: Path, quick: TrainSettings, stop_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "CHECKPOINT_SECONDS", 0.0)  # a checkpoint after every step
    work = training(cells, out=tmp_path / "stopped", settings=quick)
    next(event for event in work if isinstance(event, BatchDone) and event.step == stop_after)
    work.close()
    train(None, out=tmp_path / "stopped", resume=True)
    train(cells, out=tmp_path / "whole", settings=quick)
    _assert_equal_runs(tmp_path / "stopped", tmp_path / "whole")


def test_a_validation_is_never_lost_between_its_step_and_a_checkpoint(
    tmp_path: Path, cells: Path, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(cells, out=tmp_path / "plain", settings=quick)
    monkeypatch.setattr(job, "CHECKPOINT_SECONDS", 0.0)
    train(cells, out=tmp_path / "often", settings=quick)
    assert _rows(tmp_path / "often") == _rows(tmp_path / "plain")


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    train(cells, out=tmp_path / "whole", settings=quick)
    shutil.copytree(tmp_path / "whole", tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    (tmp_path / "run" / "model.safetensors").unlink()
    train(None, out=tmp_path / "run", resume=True)
    _assert_equal_runs(tmp_path / "run", tmp_path / "whole")


def test_a_torn_last_row_of_the_history_does_no_harm(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    work = training(cells, out=tmp_path / "run", settings=quick)
    next(event for event in work if isinstance(event, BatchDone) and event.step == 5)
    work.close()
    history = tmp_path / "run" / "history.csv"
    history.write_text(history.read_text() + "6,0.1")
    train(None, out=tmp_path / "run", resume=True)
    assert [row[0] for row in _rows(tmp_path / "run")] == list(range(1, 13))


def test_a_finished_run_has_nothing_left_to_do(run: TrainResult, tmp_path: Path) -> None:
    shutil.copytree(run.run, tmp_path / "run")
    again = train(None, out=tmp_path / "run", resume=True)
    assert (again.steps, again.dice, again.thresholds) == (run.steps, run.dice, run.thresholds)
    _assert_equal_runs(tmp_path / "run", run.run)


def _stopped(cells: Path, out: Path, settings: TrainSettings, **more: object) -> None:
    work = training(cells, out=out, settings=settings, **more)  # type: ignore[arg-type]
    next(event for event in work if isinstance(event, BatchDone) and event.step == 5)
    work.close()


def test_it_goes_on_from_another_folder_than_it_began_in(
    tmp_path: Path, cells: Path, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cells)
    _stopped(Path("images/../"), tmp_path / "run", quick)
    monkeypatch.chdir(tmp_path)
    assert train(None, out=Path("run"), resume=True).steps == 12


def test_the_images_may_be_named_again_and_may_have_moved(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    _stopped(cells, tmp_path / "run", quick)
    shutil.copytree(cells, tmp_path / "moved")
    assert train(tmp_path / "moved", out=tmp_path / "run", resume=True).steps == 12


@pytest.mark.parametrize("part", ["images", "masks"])
def test_changed_data_is_refused(tmp_path: Path, cells: Path, quick: TrainSettings, part: str) -> None:
    shutil.copytree(cells, tmp_path / "data")
    _stopped(tmp_path / "data", tmp_path / "run", quick)
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    shutil.copy(tmp_path / "data" / part / "cells_0.tif", tmp_path / "data" / part / "cells_1.tif")
    with pytest.raises(TrainingError, match=r"cells_1\.tif or its mask changed since"):
        train(None, out=tmp_path / "run", resume=True)
    for folder in ("images", "masks"):
        shutil.copy(cells / folder / "cells_0.tif", tmp_path / "data" / folder / "more.tif")
    with pytest.raises(TrainingError, match="changed from 3 to 4"):
        train(tmp_path / "data", out=tmp_path / "run", resume=True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_fine_tuned_run_goes_on_frozen_even_without_the_model_that_it_began_with(
    tmp_path: Path, cells: Path, run: TrainResult, quick: TrainSettings
) -> None:
    base = tmp_path / "base.safetensors"
    shutil.copy(run.model, base)
    _stopped(cells, tmp_path / "run", quick, start_from=base, freeze_encoder=True)
    train(cells, out=tmp_path / "whole", settings=quick, start_from=base, freeze_encoder=True)
    base.unlink()
    train(None, out=tmp_path / "run", resume=True)
    _assert_equal_runs(tmp_path / "run", tmp_path / "whole")
    encoder = load_model(run.model).network.encoder.state_dict()
    tuned = load_model(tmp_path / "run").network.encoder.state_dict()
    assert all(torch.equal(values, tuned[name]) for name, values in encoder.items())


def test_a_fine_tuned_run_is_repeated_from_the_same_model(
    tmp_path: Path, cells: Path, run: TrainResult, quick: TrainSettings
) -> None:
    first = train(cells, out=tmp_path / "first", settings=quick, start_from=run.model)
    again = train(None, out=tmp_path / "again", repeat=first.run)
    expected = load_model(first.model).network.state_dict()
    assert all(torch.equal(v, expected[n]) for n, v in load_model(again.model).network.state_dict().items())


def test_a_repeated_run_goes_on_with_the_recorded_rates(tmp_path: Path, cells: Path, change: Change) -> None:
    first = train(cells, out=tmp_path / "first", settings=change(training={"steps": None, "minutes": 0.02}))
    _stopped_repeat = training(None, out=tmp_path / "again", repeat=first.run)
    next(e for e in _stopped_repeat if isinstance(e, BatchDone) and e.step == first.steps - 1)
    _stopped_repeat.close()
    assert train(None, out=tmp_path / "again", resume=True).steps == first.steps
    assert _rows(tmp_path / "again") == _rows(tmp_path / "first")


def test_a_damaged_checkpoint_is_named(tmp_path: Path, cells: Path, quick: TrainSettings) -> None:
    _stopped(cells, tmp_path / "run", quick)
    (tmp_path / "run" / "checkpoint.safetensors").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"checkpoint\.safetensors"):
        train(None, out=tmp_path / "run", resume=True)


def test_seconds_of_both_parts_are_added(tmp_path: Path, cells: Path, quick: TrainSettings) -> None:
    _stopped(cells, tmp_path / "run", quick)
    before: list[HistoryRow] = read_history(tmp_path / "run" / "history.csv")
    events: list[Event] = []
    train(None, out=tmp_path / "run", resume=True, on_event=events.append)
    seconds = [row.seconds for row in read_history(tmp_path / "run" / "history.csv")]
    assert seconds == sorted(seconds)
    assert before[0].seconds == seconds[0]
