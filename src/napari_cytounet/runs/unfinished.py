"""Runs that are running, or were stopped or killed before their budget was used up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import last_row
from napari_cytounet.runs.listing import files_of_runs, list_runs
from napari_cytounet.runs.record import Record, read_record
from napari_cytounet.runs.run_lock import lock_holder


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that can be watched or gone on with.

    Attributes
    ----------
    folder
        Its folder.
    created
        When it began, in UTC as ISO 8601.
    steps
        Taken so far.
    fraction
        Share of the budget that is used up, 0 to 1.
    is_running
        Whether a process works on it now: `follow` it; `start_training` with `resume` otherwise.
    was_stopped
        Whether the user stopped it: there is a result, which may be good enough.
    """

    folder: Path
    created: str
    steps: int
    fraction: float
    is_running: bool
    was_stopped: bool


def unfinished_runs(runs_folder: Path) -> list[UnfinishedRun]:
    """Return the unfinished runs in a folder, the latest first; those with damaged records are left out."""
    if not runs_folder.is_dir():
        return []
    found = [_still_reading(path) for path in _running_without_record(runs_folder)]
    for run in list_runs(runs_folder):
        if run.state == "session":
            continue
        is_running = lock_holder(run.path) is not None
        if run.state not in {"unfinished", "stopped"} and not is_running:
            continue
        try:
            steps, fraction = _progress(run.path, read_record(RunFolder(run.path).record))
        except (OutputError, OSError):
            continue
        was_stopped = run.state == "stopped" and not is_running
        found.append(UnfinishedRun(run.path, run.created, steps, fraction, is_running, was_stopped))
    return sorted(found, key=lambda run: run.created, reverse=True)


def _running_without_record(runs_folder: Path) -> list[Path]:
    """Return the folders of trainings that still read their images."""
    folders = [job.parent for job in files_of_runs(runs_folder, RunFolder(runs_folder).job.name)]
    return [path for path in folders if not RunFolder(path).record.exists() and lock_holder(path) is not None]


def _still_reading(run: Path) -> UnfinishedRun:
    began = datetime.fromtimestamp(RunFolder(run).job.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return UnfinishedRun(run, began, steps=0, fraction=0.0, is_running=True, was_stopped=False)


def _progress(run: Path, record: Record) -> tuple[int, float]:
    """Return the steps of a run and the share of its budget that they took."""
    row = last_row(RunFolder(run).history)
    if row is None:
        return 0, 0.0
    budget = record["settings"]["training"]
    used = row.step / budget["steps"] if budget["steps"] else row.seconds / (60 * budget["minutes"])
    return row.step, min(1.0, used)
