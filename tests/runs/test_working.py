"""Carrying out a job, as seen by whoever reads its log."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_cytounet.errors import Cancelled, OutputError, SettingsError
from napari_cytounet.events import (
    BatchDone,
    Event,
    Failed,
    Finished,
    Previewed,
    Started,
    Validated,
    drain,
)
from napari_cytounet.runs import training as engine
from napari_cytounet.runs import watch
from napari_cytounet.runs.commands import Command, send_command
from napari_cytounet.runs.event_log import EventReader
from napari_cytounet.runs.run_lock import lock_holder, locked
from napari_cytounet.runs.train_job import TrainJob, write_job
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.runs.working import working
from napari_cytounet.settings import DeviceSettings, TrainingSettings, TrainSettings
from napari_cytounet.unet import training as loop
from napari_cytounet.unet.model import load_model

Change = Callable[..., TrainSettings]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.01)


@pytest.fixture
def job(cells: Path, quick: TrainSettings) -> TrainJob:
    """A training of a second."""
    return TrainJob(images=cells / "images", masks=cells / "masks", settings=quick)


def _endless(job: TrainJob, change: Change) -> TrainJob:
    return job.model_copy(update={"settings": change(training={"steps": 100_000})})


def _work(
    folder: Path, job: TrainJob, on_event: Callable[[Event], object] | None = None, parent: int | None = None
) -> TrainResult:
    write_job(folder, job)
    return drain(working(folder, parent=parent), on_event)


def _last(folder: Path) -> Event:
    return EventReader(folder).read()[-1]


def test_the_log_tells_the_whole_training(tmp_path: Path, job: TrainJob) -> None:
    seen: list[Event] = []
    result = _work(tmp_path / "run", job, seen.append)
    started, *told, finished = EventReader(tmp_path / "run").read()
    assert started == Started(os.getpid(), platform.node())
    assert told == seen
    assert finished == Finished(result.as_dict())
    assert result.model == tmp_path / "run" / "model.safetensors"
    assert lock_holder(tmp_path / "run") is None


def test_it_shows_how_it_gets_on(tmp_path: Path, job: TrainJob, cells: Path) -> None:
    seen: list[Event] = []
    _work(tmp_path / "run", job, seen.append)
    shown = [event for event in seen if isinstance(event, Previewed)]
    assert [event.step for event in shown] == [event.step for event in seen if isinstance(event, Validated)]
    assert {event.path for event in shown} == {str(tmp_path / "run" / "preview.npy")}
    assert len({(event.source, event.rows, event.columns) for event in shown}) == 1
    assert Path(shown[0].source).parent == cells / "images"
    assert (shown[0].index, shown[0].rows, shown[0].columns) == ((), (0, 96), (0, 96))
    preview = np.load(tmp_path / "run" / "preview.npy", allow_pickle=False)
    assert (preview.shape, preview.dtype) == ((1, 48, 48), np.uint8)

    quiet: list[Event] = []
    _work(tmp_path / "quiet", job.model_copy(update={"preview": False}), quiet.append)
    assert not any(isinstance(event, Previewed) for event in quiet)
    assert not (tmp_path / "quiet" / "preview.npy").exists()
    expected = load_model(tmp_path / "quiet").network.state_dict()
    learnt = load_model(tmp_path / "run").network.state_dict()
    assert all(torch.equal(values, expected[name]) for name, values in learnt.items())


def test_a_preview_that_cannot_be_written_ends_no_training(tmp_path: Path, job: TrainJob) -> None:
    (tmp_path / "run" / "preview.npy" / "in the way").mkdir(parents=True)
    texts: list[str] = []
    _work(tmp_path / "run", job, lambda event: texts.append(getattr(event, "text", "")))
    assert any("goes on without a preview" in text for text in texts)


def test_stop_keeps_the_best_and_it_can_be_gone_on_with(
    tmp_path: Path, job: TrainJob, change: Change
) -> None:
    run = tmp_path / "run"

    def stop(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 5:
            send_command(run, Command.STOP)

    stopped = _work(run, _endless(job, change), stop, parent=os.getppid())
    assert stopped.stopped
    assert stopped.steps >= 5
    assert load_model(run).card.validation_dice == stopped.dice
    assert isinstance(_last(run), Finished)

    def stop_later(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == stopped.steps + 5:
            send_command(run, Command.STOP)

    resumed = _work(run, job.model_copy(update={"resume": True}), stop_later)
    assert resumed.steps >= stopped.steps + 5
    events = EventReader(run).read()
    assert sum(isinstance(event, Started) for event in events) == 2


def test_what_was_told_before_is_past_for_one_that_was_started_by_hand(tmp_path: Path, job: TrainJob) -> None:
    (tmp_path / "run").mkdir()
    send_command(tmp_path / "run", Command.STOP)
    assert not _work(tmp_path / "run", job).stopped


def test_it_stops_when_its_parent_is_gone_unless_told_to_go_on(
    tmp_path: Path, job: TrainJob, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    monkeypatch.setattr(watch, "is_gone", lambda parent: gone.is_set())

    def lose_the_parent(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 5:
            gone.set()

    stopped = _work(tmp_path / "stopped", _endless(job, change), lose_the_parent, parent=1)
    assert stopped.stopped
    gone.clear()
    (tmp_path / "alone").mkdir()
    send_command(tmp_path / "alone", Command.GO_ON_ALONE)
    settings = change(training={"steps": 60})
    alone = _work(
        tmp_path / "alone", job.model_copy(update={"settings": settings}), lose_the_parent, parent=1
    )
    assert (alone.stopped, alone.steps) == (False, 60)


def test_stopped_before_the_first_step_it_says_that_there_is_nothing(tmp_path: Path, job: TrainJob) -> None:
    cancel = threading.Event()
    cancel.set()
    write_job(tmp_path, job)
    with pytest.raises(Cancelled):
        drain(working(tmp_path, cancel=cancel))
    last = _last(tmp_path)
    assert isinstance(last, Failed)
    assert last.stopped
    assert "no model" in last.text
    assert _work(tmp_path, job).steps == 12


def test_a_run_that_ended_before_it_began_begins_when_it_is_resumed(tmp_path: Path, job: TrainJob) -> None:
    assert _work(tmp_path, job.model_copy(update={"resume": True})).steps == 12


def test_a_resumed_run_has_its_own_settings_and_may_use_another_device(
    tmp_path: Path, job: TrainJob, quick: TrainSettings
) -> None:
    minutes = TrainingSettings(
        preset="balanced", minutes=0.03, batch_size=4, patch_size=32, working_scale=0.5
    )
    job = job.model_copy(update={"settings": quick.model_copy(update={"training": minutes})})
    first = _work(tmp_path, job)
    write_job(tmp_path, job.model_copy(update={"resume": True}))
    # Of so few minutes the preset became "fast": that is no other setting.
    again = drain(working(tmp_path, device=DeviceSettings(threads=1)))
    assert again.steps >= first.steps


def test_an_error_of_ours_is_told_as_it_is(tmp_path: Path, job: TrainJob) -> None:
    wrong = job.model_copy(update={"freeze_encoder": True})
    with pytest.raises(SettingsError):
        _work(tmp_path, wrong)
    assert _last(tmp_path) == Failed(
        "A frozen encoder must have learnt something: name a model with --start-from."
    )
    assert not (tmp_path / "error.txt").exists()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (PermissionError(errno.EACCES, "Permission denied", "x.tif"), "operating system refused.*x.tif"),
        (ZeroDivisionError("division by zero"), r"ZeroDivisionError: division by zero.*error\.txt"),
    ],
)
def test_an_error_of_others_is_explained(
    tmp_path: Path, job: TrainJob, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(engine, "prepare_run", fail)
    with pytest.raises(type(error)):
        _work(tmp_path, job)
    last = _last(tmp_path)
    assert isinstance(last, Failed)
    assert not last.stopped
    assert re.search(text, last.text)
    assert (tmp_path / "error.txt").exists() == isinstance(error, ZeroDivisionError)
    if isinstance(error, ZeroDivisionError):
        assert "prepare_run" in (tmp_path / "error.txt").read_text()


def test_a_loss_that_is_not_finite_is_told(
    tmp_path: Path, job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "segmentation_loss", lambda logits, *_: logits.sum() * float("nan"))
    assert _work(tmp_path, job).skipped == 12
    assert all(np.isnan(event.loss) for event in EventReader(tmp_path).read() if isinstance(event, BatchDone))


def test_a_second_worker_is_refused_and_does_not_disturb_the_first(tmp_path: Path, job: TrainJob) -> None:
    write_job(tmp_path, job)
    with locked(tmp_path):
        with pytest.raises(OutputError, match="is being trained already"):
            drain(working(tmp_path))
        assert not (tmp_path / "events.jsonl").exists()


@pytest.mark.parametrize("moment", [BatchDone, Validated])
def test_a_folder_that_is_deleted_meanwhile_stays_deleted(
    tmp_path: Path, job: TrainJob, change: Change, moment: type[Event]
) -> None:
    def delete(event: Event) -> None:
        if isinstance(event, moment):
            shutil.rmtree(tmp_path / "run", ignore_errors=True)

    with pytest.raises(OutputError, match="deleted"):
        _work(tmp_path / "run", job.model_copy(update={"settings": change(training={"steps": 60})}), delete)
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_told_where_a_line_still_fits(
    tmp_path: Path, job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes, calls = Path.write_bytes, iter(range(1, 1000))

    def full(path: Path, content: bytes) -> int:
        if next(calls) > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, content)

    with monkeypatch.context() as limited:
        limited.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError):
            _work(tmp_path, job)
    last = _last(tmp_path)
    assert isinstance(last, Failed)
    assert "full" in last.text
    load_model(tmp_path)
    assert _work(tmp_path, job.model_copy(update={"resume": True})).steps == 12


def test_a_folder_without_a_job_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no job"):
        drain(working(tmp_path))
    assert isinstance(_last(tmp_path), Failed)
    with pytest.raises(OutputError, match="nowhere cannot be worked in"):
        drain(working(tmp_path / "nowhere"))
