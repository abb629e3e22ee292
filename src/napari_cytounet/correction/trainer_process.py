"""Starting the trainer of a session as a process of its own, and asking after it."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.runs.child import RunningTraining, start_process


def start_trainer(folder: Path, *, threads: int | None = None, less_memory: bool = False) -> RunningTraining:
    """Start the trainer of a session, which ends when this process does.

    Parameters
    ----------
    folder
        Of the session.
    threads
        Processor cores that it may use; all if not given.
    less_memory
        Learn from half as many patches a step: after a trainer was killed for want of memory.

    Raises
    ------
    OutputError
        If the session is being learnt from already, or the trainer cannot be started.
    """
    options = ("--less-memory",) if less_memory else ()
    return start_process(SessionFolder(folder), "trainer", *options, threads=threads)
