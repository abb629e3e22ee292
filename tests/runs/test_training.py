"""From files to the folder of a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet import train
from napari_cytounet.errors import (
    Cancelled,
    CytounetError,
    OutputError,
    SettingsError,
    TrainingError,
)
from napari_cytounet.events import BatchDone, Event, Notice, Validated
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.record import digest, read_record
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.runs.training import training
from napari_cytounet.settings import TrainingSettings, TrainSettings
from napari_cytounet.unet import training as loop
from napari_cytounet.unet.model import load_model

Fields = list[tuple[NDArray[np.uint8], NDArray[np.uint16]]]
Write = Callable[..., Path]
Change = Callable[..., TrainSettings]
KEPT = {"checkpoint.safetensors", "history.csv", "model.safetensors", "record.json"}
FILES = {*KEPT, "examples", "report.html"}


def _equal(one: Path, other: Path) -> bool:
    expected = load_model(other).network.state_dict()
    return all(torch.equal(v, expected[n]) for n, v in load_model(one).network.state_dict().items())


def _rows(run: Path) -> list[tuple[object, ...]]:
    return [
        (row.step, row.learning_rate, row.loss, row.validation_dice)
        for row in read_history(run / "history.csv")
    ]


def _texts(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def test_a_run_leaves_model_record_history_and_checkpoint(run: TrainResult, cells: Path) -> None:
    assert {path.name for path in run.run.iterdir()} == FILES
    assert (run.steps, run.skipped, run.stopped) == (40, 0, False)
    assert run.dice is not None
    assert 0.3 < run.dice <= 1
    rows = read_history(run.run / "history.csv")
    assert [row.step for row in rows] == list(range(1, 41))
    best = max(row.validation_dice for row in rows if row.validation_dice is not None)
    assert best == run.dice
    record = read_record(run.run / "record.json")
    assert record["result"]["dice"] == run.dice
    assert record["result"]["best_step"] in {row.step for row in rows if row.validation_dice == run.dice}
    assert record["settings"]["training"]["steps"] == 40
    assert [Path(entry["image"]).name for entry in record["data"]["training"]] == [
        path.name for path in sorted((cells / "images").iterdir())
    ]
    assert all(len(entry["mask_sha256"]) == 64 for entry in record["data"]["training"])
    assert {"torch", "numpy"} <= set(record["environment"]["packages"])
    card = load_model(run.model).card
    assert card.thresholds == run.thresholds
    assert card.validation_dice == run.dice
    assert card.working_scale == 0.5
    assert card.record == digest(record)
    assert json.loads(json.dumps(run.as_dict()))["model"] == str(run.model)


def test_two_runs_in_steps_of_one_seed_give_equal_weights(
    tmp_path: Path, cells: Path, quick: TrainSettings, change: Change
) -> None:
    for name, settings in {"a": quick, "b": quick, "c": change(training={"seed": 1})}.items():
        train(cells, out=tmp_path / name, settings=settings)
    assert _equal(tmp_path / "a", tmp_path / "b")
    assert _rows(tmp_path / "a") == _rows(tmp_path / "b")
    assert not _equal(tmp_path / "a", tmp_path / "c")


def test_a_run_by_minutes_can_be_repeated(tmp_path: Path, cells: Path, change: Change) -> None:
    by_minutes = change(training={"steps": None, "minutes": 0.02})
    first = train(cells, out=tmp_path / "first", settings=by_minutes)
    assert 0.6 < first.seconds < 10
    again = train(None, out=tmp_path / "again", repeat=tmp_path / "first")
    assert again.steps == first.steps > 0
    assert _equal(first.model, again.model)
    assert _rows(tmp_path / "first") == _rows(tmp_path / "again")
    assert (again.dice, again.thresholds) == (first.dice, first.thresholds)
    assert read_record(tmp_path / "again" / "record.json")["repeats"] == str(tmp_path / "first")


def test_repeating_on_other_images_says_that_the_model_will_differ(
    tmp_path: Path, run: TrainResult, fields: Fields, write: Write
) -> None:
    changed = write(
        tmp_path / "data",
        [255 - image for image, _ in fields],
        [(instances > 0).astype(np.uint8) for _, instances in fields],
    )
    events: list[Event] = []
    job = training(changed, out=tmp_path / "again", repeat=run.run)
    for event in job:
        events.append(event)
        if isinstance(event, BatchDone):
            job.close()
    assert "the model will not be the same" in _texts(events)


def test_a_run_without_steps_cannot_be_repeated(tmp_path: Path, run: TrainResult) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "record.json").write_text((run.run / "record.json").read_text())
    (tmp_path / "empty" / "history.csv").write_text("step,seconds,learning_rate,loss,validation_dice\n")
    with pytest.raises(SettingsError, match="took no step"):
        train(None, out=tmp_path / "again", repeat=tmp_path / "empty")
    assert not (tmp_path / "again").exists()


def test_cancelled_before_the_first_step_nothing_is_left(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="no model"):
        train(cells, out=tmp_path / "run", settings=quick, cancel=cancel)
    assert not (tmp_path / "run").exists()

    cancel.clear()
    with pytest.raises(Cancelled, match="before the first step"):
        train(
            cells,
            out=tmp_path / "run",
            settings=quick,
            cancel=cancel,
            on_event=lambda e: cancel.set() if "Training on" in getattr(e, "text", "") else None,
        )
    assert not (tmp_path / "run").exists()
    cancel.clear()
    assert train(cells, out=tmp_path / "run", settings=quick, cancel=cancel).steps == 12


@pytest.mark.parametrize("stop_after", [1, 5])
def test_cancelled_in_the_middle_the_best_is_kept_and_can_be_resumed(
    tmp_path: Path, cells: Path, quick: TrainSettings, stop_after: int
) -> None:
    cancel = threading.Event()

    def stop(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == stop_after:
            cancel.set()

    stopped = train(cells, out=tmp_path / "run", settings=quick, cancel=cancel, on_event=stop)
    assert stopped.stopped
    assert stopped.steps == stop_after
    assert load_model(stopped.model).card.validation_dice == stopped.dice
    assert read_record(tmp_path / "run" / "record.json")["result"]["stopped"] is True
    resumed = train(None, out=tmp_path / "run", resume=True)
    assert (resumed.steps, resumed.stopped) == (12, False)


def test_a_job_that_is_dropped_in_the_middle_keeps_what_was_saved(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    job = training(cells, out=tmp_path / "run", settings=quick)
    next(event for event in job if isinstance(event, Validated))
    job.close()
    assert {path.name for path in (tmp_path / "run").iterdir()} == KEPT
    assert train(None, out=tmp_path / "run", resume=True).steps == 12


def test_nothing_is_overwritten(tmp_path: Path, run: TrainResult, cells: Path, quick: TrainSettings) -> None:
    before = {path: path.read_bytes() for path in run.run.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=r"already holds a run.*--resume"):
        train(cells, out=run.run, settings=quick)
    assert {path: path.read_bytes() for path in before} == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        train(cells, out=tmp_path / "full", settings=quick)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot be made"):
        train(cells, out=tmp_path / "file", settings=quick)


def test_a_loss_that_is_never_finite_leaves_a_folder_for_the_next_try(
    tmp_path: Path, cells: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as spoilt:
        spoilt.setattr(loop, "segmentation_loss", lambda logits, *_: logits.sum() * float("nan"))
        with pytest.raises(TrainingError, match="not finite in 20 steps in a row"):
            train(cells, out=tmp_path / "run", settings=change(training={"steps": 1000}))
    assert not (tmp_path / "run").exists()


def test_a_budget_that_reading_uses_up_is_an_error(tmp_path: Path, cells: Path, change: Change) -> None:
    cancel = threading.Event()

    def end_what_should_not_have_begun(event: Event) -> None:
        if isinstance(event, BatchDone):
            cancel.set()

    with pytest.raises(TrainingError, match=r"whole budget.*--minutes"):
        train(
            cells,
            out=tmp_path / "run",
            settings=change(training={"steps": None, "minutes": 1e-7}),
            cancel=cancel,
            on_event=end_what_should_not_have_begun,
        )
    assert not (tmp_path / "run").exists()


def test_images_must_be_named(tmp_path: Path, quick: TrainSettings) -> None:
    with pytest.raises(SettingsError, match="Name the images"):
        train(None, out=tmp_path / "run", settings=quick)
    with pytest.raises(SettingsError, match="no run to resume"):
        train(None, out=tmp_path / "run", resume=True)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_keeps_its_settings(run: TrainResult) -> None:
    other = TrainSettings(training=TrainingSettings(seed=99))
    with pytest.raises(SettingsError, match="seed"):
        train(None, out=run.run, settings=other, resume=True)


def test_a_run_that_is_stopped_is_validated_as_it_stands(tmp_path: Path, cells: Path, change: Change) -> None:
    cancel = threading.Event()

    def stop_after_7(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 7:
            cancel.set()

    settings = change(training={"steps": 1000})
    result = train(cells, out=tmp_path / "run", settings=settings, cancel=cancel, on_event=stop_after_7)
    assert result.stopped
    assert result.steps == 7
    rows = read_history(tmp_path / "run" / "history.csv")
    assert [row.step for row in rows if row.validation_dice is not None] == [7]


def test_a_run_that_has_a_best_keeps_that_at_once_and_loses_no_step(
    tmp_path: Path, cells: Path, quick: TrainSettings
) -> None:
    cancel = threading.Event()

    def stop_after_5(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 5:
            cancel.set()

    stopped = train(cells, out=tmp_path / "run", settings=quick, cancel=cancel, on_event=stop_after_5)
    rows = read_history(tmp_path / "run" / "history.csv")
    assert [row.step for row in rows] == [1, 2, 3, 4, 5]
    assert [row.step for row in rows if row.validation_dice is not None] == [2, 4]
    assert stopped.best_step in (2, 4)
    train(None, out=tmp_path / "run", resume=True)
    train(cells, out=tmp_path / "whole", settings=quick)
    assert _rows(tmp_path / "run") == _rows(tmp_path / "whole")
    assert _equal(tmp_path / "run", tmp_path / "whole")


def test_a_full_disk_is_an_error_and_the_former_model_stays(
    tmp_path: Path, cells: Path, quick: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes, calls = Path.write_bytes, iter(range(1, 1000))

    def full(path: Path, content: bytes) -> int:
        if next(calls) > 4:
            raise OSError(28, "No space left on device")
        return write_bytes(path, content)

    with monkeypatch.context() as limited:
        limited.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match="full"):
            train(cells, out=tmp_path / "run", settings=quick)
    assert {path.name for path in (tmp_path / "run").iterdir()} == KEPT
    load_model(tmp_path / "run")
    assert train(None, out=tmp_path / "run", resume=True).steps == 12


def test_paths_may_be_text_and_events_are_passed_on(tmp_path: Path, cells: Path, change: Change) -> None:
    events: list[Event] = []
    train(
        str(cells / "images"),
        str(cells / "masks"),
        out=str(tmp_path / "run"),
        settings=change(training={"steps": 1}),
        on_event=events.append,
    )
    assert sum(isinstance(event, BatchDone) for event in events) == 1
    assert all(json.dumps(event.as_dict()) for event in events)


def test_any_error_of_ours_is_one_to_be_read(tmp_path: Path, quick: TrainSettings) -> None:
    with pytest.raises(CytounetError, match="nowhere"):
        train(tmp_path / "nowhere", out=tmp_path / "run", settings=quick)
    tifffile.imwrite(tmp_path / "one.tif", np.zeros((9, 9), np.uint8))
    with pytest.raises(CytounetError, match=r"one\.tif"):
        train(tmp_path / "one.tif", tmp_path / "one.tif", out=tmp_path / "run", settings=quick)
    assert not (tmp_path / "run").exists()
