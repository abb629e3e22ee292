"""Training in a process of its own, with real processes: started, watched, stopped, killed, gone on with."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.events import BatchDone, Event, Failed, Finished, Previewed, Started, Validated
from napari_cytounet.runs.child import RunningTraining, follow, start_training
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.run_lock import locked
from napari_cytounet.runs.train_job import TrainJob, write_job
from napari_cytounet.runs.unfinished import UnfinishedRun, unfinished_runs
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.model import load_model

Change = Callable[..., TrainSettings]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses the signals of POSIX")

PARENT = """
import sys, time
from pathlib import Path
from napari_cytounet.runs.child import start_training
from napari_cytounet.runs.train_job import TrainJob

running = start_training(Path(sys.argv[1]), TrainJob.model_validate_json(sys.argv[2]), threads=1)
if sys.argv[3] == "alone":
    running.let_go_on_alone()
while running.is_running:
    time.sleep(0.05)
"""

WITHOUT_TORCH = """
import sys
from napari_cytounet.runs import child, estimate, event_log, train_job, unfinished, working
assert not {"torch", "zarr", "tifffile"} & set(sys.modules)
"""


@pytest.fixture
def job(cells: Path, change: Change) -> TrainJob:
    """A training of a few seconds."""
    return TrainJob(images=cells / "images", masks=cells / "masks", settings=change(training={"steps": 400}))


def _endless(job: TrainJob, change: Change) -> TrainJob:
    return job.model_copy(update={"settings": change(training={"steps": 100_000})})


def _until(running: RunningTraining, *kinds: type[Event], step: int = 0) -> list[Event]:
    """Watch until an event of these kinds, from a step on; return all that happened."""
    events: list[Event] = []
    until = time.monotonic() + 120
    while not any(isinstance(event, kinds) and getattr(event, "step", step) >= step for event in events):
        assert time.monotonic() < until, events
        time.sleep(0.02)
        events += running.poll()
    return events


def _end(running: RunningTraining) -> Event:
    last = _until(running, Finished, Failed)[-1]
    until = time.monotonic() + 30
    while running.is_running:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert running.poll() == []
    return last


def test_what_the_plugin_needs_loads_no_torch() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH], check=True)


def test_stopped_at_once_and_resumed_to_the_end(tmp_path: Path, job: TrainJob, change: Change) -> None:
    run = tmp_path / "run"
    running = start_training(run, _endless(job, change), threads=1)
    try:
        assert running.is_running
        events = _until(running, BatchDone, step=10)
        assert isinstance(events[0], Started)
        assert [unfinished.is_running for unfinished in unfinished_runs(tmp_path)] == [True]
        with pytest.raises(OutputError, match="being trained already"):
            start_training(run, job)
        running.stop()
        stopped = _end(running)
    finally:
        running.kill()
    assert isinstance(stopped, Finished)
    assert stopped.result["stopped"]
    assert stopped.result["steps"] < 100_000
    assert load_model(run).card.validation_dice == stopped.result["dice"]
    (unfinished,) = unfinished_runs(tmp_path)
    assert (unfinished.folder, unfinished.steps) == (run, stopped.result["steps"])
    assert (unfinished.is_running, unfinished.was_stopped) == (False, True)
    assert 0 < unfinished.fraction < 1

    resumed = start_training(run, job.model_copy(update={"resume": True}), threads=1)
    try:
        assert _until(resumed, BatchDone)[-1] != events[-1]
        resumed.stop()
        again = _end(resumed)
    finally:
        resumed.kill()
    assert isinstance(again, Finished)
    assert again.result["steps"] > stopped.result["steps"]


def test_killed_in_the_middle_it_is_said_and_it_goes_on_to_the_end(tmp_path: Path, job: TrainJob) -> None:
    run = tmp_path / "run"
    running = start_training(run, job, threads=1)
    try:
        events = _until(running, Validated)
    finally:
        running.kill()
    last = _end(running)
    assert isinstance(last, Failed)
    assert "was killed (signal 9)" in last.text
    assert "resume it" in last.text
    assert any(isinstance(event, BatchDone) for event in events)
    (unfinished,) = unfinished_runs(tmp_path)
    assert 0 < unfinished.steps < 400
    assert not unfinished.was_stopped

    watched = follow(run)
    told = watched.poll()
    assert isinstance(told[0], Started)
    assert isinstance(told[-1], Failed)
    resumed = start_training(run, job.model_copy(update={"resume": True}), threads=1)
    finished = _end(resumed)
    assert isinstance(finished, Finished)
    assert finished.result["steps"] == 400
    assert [row.step for row in read_history(run / "history.csv")] == list(range(1, 401))
    assert watched.poll()[-1] == finished
    assert any(isinstance(event, Previewed) for event in follow(run).poll())
    assert unfinished_runs(tmp_path) == []


def _start_parent(folder: Path, job: TrainJob, *, alone: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PARENT, str(folder), job.model_dump_json(), alone])


def test_it_ends_with_its_parent_and_keeps_the_best(tmp_path: Path, job: TrainJob, change: Change) -> None:
    run = tmp_path / "run"
    watched = follow(run)
    with _start_parent(run, _endless(job, change)) as parent:
        try:
            _until_begun(watched, run)
        finally:
            parent.kill()
    last = _end(watched)
    assert isinstance(last, Finished)
    assert last.result["stopped"]
    assert load_model(run).card.validation_dice == last.result["dice"]


def test_it_outlives_its_parent_if_it_may(tmp_path: Path, job: TrainJob, change: Change) -> None:
    run = tmp_path / "run"
    watched = follow(run)
    with _start_parent(run, _endless(job, change), alone="alone") as parent:
        try:
            step = _until_begun(watched, run)
        finally:
            parent.kill()
    try:
        _until(watched, BatchDone, step=step + 200)
        assert watched.is_running
    finally:
        watched.kill()
    last = _end(watched)
    assert isinstance(last, Failed)
    assert "ended suddenly" in last.text


def _until_begun(watched: RunningTraining, run: Path) -> int:
    """Wait for the first steps of a training that another process starts; return their number."""
    until = time.monotonic() + 120
    while not (run / "history.csv").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    return next(event.step for event in _until(watched, BatchDone, step=5) if isinstance(event, BatchDone))


def test_told_to_end_by_the_system_it_keeps_the_best(tmp_path: Path, job: TrainJob, change: Change) -> None:
    write_job(tmp_path / "run", _endless(job, change))
    words = [
        sys.executable,
        "-m",
        "napari_cytounet",
        "work",
        str(tmp_path / "run"),
        "--threads",
        "1",
        "--json",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as worker:
        try:
            _until_begun(follow(tmp_path / "run"), tmp_path / "run")
        finally:
            worker.send_signal(signal.SIGTERM)
        printed = worker.communicate(timeout=60)[0]
    assert worker.returncode == 0
    assert '"stopped": true' in printed


def test_a_process_that_cannot_begin_is_heard_of(tmp_path: Path, job: TrainJob) -> None:
    running = start_training(tmp_path / "run", job.model_copy(update={"images": tmp_path / "nowhere"}))
    last = _end(running)
    assert isinstance(last, Failed)
    assert "nowhere" in last.text
    assert (tmp_path / "run" / "output.txt").read_text().strip().endswith(last.text[-10:])
    assert unfinished_runs(tmp_path) == []

    corrected = start_training(tmp_path / "run", job)
    corrected.stop()
    last = _end(corrected)  # before its first step: nothing to keep, and no error
    assert isinstance(last, Failed)
    assert last.stopped


def test_on_a_disk_that_is_really_full_it_says_so(job: TrainJob, small_disk: Path) -> None:
    last = _end(start_training(small_disk / "run", job, threads=1))
    assert isinstance(last, Failed)
    assert "full" in last.text
    assert "Free some space" in last.text


def test_a_process_that_ends_without_a_word_is_heard_of(
    tmp_path: Path, job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "napari_cytounet").mkdir()
    (tmp_path / "napari_cytounet" / "__init__.py").touch()
    (tmp_path / "napari_cytounet" / "__main__.py").write_text("raise SystemExit('there is no torch')")
    last = _end(start_training(tmp_path / "run", job))
    assert isinstance(last, Failed)
    assert "(exit code 1)" in last.text
    assert "Its last words:\nthere is no torch" in last.text


def test_a_folder_that_is_taken_or_cannot_be_made_is_refused(tmp_path: Path, job: TrainJob) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    with pytest.raises(OutputError, match="is not empty"):
        start_training(tmp_path / "full", job)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        start_training(tmp_path / "file", job)


def test_another_one_is_not_killed_from_afar(tmp_path: Path) -> None:
    watched = follow(tmp_path)
    watched.kill()
    assert watched.poll() == [Failed(watched._sudden_end())]
    assert watched.poll() == []
    with locked(tmp_path):
        (tmp_path / "lock").write_text('{"pid": 1, "host": "elsewhere"}')
        assert watched.is_running
        with pytest.raises(OutputError, match="on elsewhere"):
            watched.kill()


def test_of_a_run_that_was_never_begun_there_is_nothing_unfinished(tmp_path: Path, job: TrainJob) -> None:
    assert unfinished_runs(tmp_path / "nowhere") == []
    write_job(tmp_path / "run", job)
    assert unfinished_runs(tmp_path) == []
    with locked(tmp_path / "run"):
        (found,) = unfinished_runs(tmp_path)
    assert found == UnfinishedRun(tmp_path / "run", found.created, 0, 0.0, is_running=True, was_stopped=False)
