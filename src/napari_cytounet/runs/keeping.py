"""What a user does with kept runs: writing a note on one, and putting it out of sight, never deleting it."""

from __future__ import annotations

import os
from pathlib import Path

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.run_lock import lock_holder

ARCHIVE = "archived-runs"
"""The folder beside a run that it is moved into."""


def read_note(run: Path) -> str:
    """Return what the user wrote about a run; nothing where that is nothing."""
    try:
        return RunFolder(run).note.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def write_note(run: Path, text: str) -> None:
    """Write what the user thinks of a run, in place of what was written before.

    Raises
    ------
    OutputError
        If there is no such run, or it cannot be written.
    """
    folder = RunFolder(run)
    _check_is_run(folder)
    with atomic_path(folder.note) as temporary:
        temporary.write_text(text.strip() + "\n", encoding="utf-8")


def add_to_note(run: Path, text: str) -> str:
    """Add a line to the note on a run, and return the whole note.

    Raises
    ------
    OutputError
        If there is no such run, or it cannot be written.
    """
    note = "\n".join(filter(None, [read_note(run), text.strip()]))
    write_note(run, note)
    return note


def is_archived(run: Path) -> bool:
    """Whether a run lies in an archive."""
    return _absolute(run).parent.name == ARCHIVE


def archive_run(run: Path) -> Path:
    """Move a run into the archive beside it, and return where it is now. Nothing is deleted.

    Raises
    ------
    OutputError
        If it is being trained, is archived already, or cannot be moved.
    """
    place = _absolute(run)
    if is_archived(place):
        raise OutputError(f"{place} is archived already.")
    return _move(place, place.parent / ARCHIVE / place.name)


def restore_run(run: Path) -> Path:
    """Move a run out of the archive again, and return where it is now.

    Raises
    ------
    OutputError
        If it is not archived, or cannot be moved.
    """
    place = _absolute(run)
    if not is_archived(place):
        raise OutputError(f"{place} is not archived.")
    return _move(place, place.parent.parent / place.name)


def _move(run: Path, to: Path) -> Path:
    _check_is_run(RunFolder(run))
    if lock_holder(run) is not None:
        raise OutputError(f"{run} is being trained: wait for its end, or stop it.")
    if to.exists():
        raise OutputError(f"{to} is there already: rename one of the two, nothing is overwritten.")
    try:
        to.parent.mkdir(exist_ok=True)
        run.rename(to)
    except OSError as error:
        raise OutputError(f"{run} cannot be moved to {to} ({error.strerror}).") from error
    return to


def _absolute(run: Path) -> Path:
    return Path(os.path.abspath(run))  # noqa: PTH100 a link is moved itself, not what it points at


def _check_is_run(folder: RunFolder) -> None:
    if not folder.record.exists():
        raise OutputError(f"There is no record {folder.record}: this is not the folder of a run.")
