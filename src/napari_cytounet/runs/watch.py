"""What the process that trains looks after beside its work: commands, its parent, and its heartbeat."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_cytounet.runs.commands import Command, CommandReader
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.parent_process import is_gone
from napari_cytounet.runs.run_lock import beat

LOOK_SECONDS = 0.2
BEAT_SECONDS = 5.0


@contextmanager
def watching(folder: Path, cancel: threading.Event, parent: int | None) -> Iterator[None]:
    """Watch in a thread, as long as the context lasts.

    Parameters
    ----------
    folder
        The run's folder, locked.
    cancel
        Set on the command to stop, when the parent is gone, and when the folder is.
    parent
        Process that this one was started by and ends with. Without one, commands that were sent before now
        are past; with one, the parent has cleared them away, and may have been quick to send another.
    """
    ended = threading.Event()
    commands = CommandReader(folder, from_end=parent is None)
    thread = threading.Thread(target=_watch, args=(folder, commands, cancel, parent, ended), name="watch")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(
    folder: Path,
    commands: CommandReader,
    cancel: threading.Event,
    parent: int | None,
    ended: threading.Event,
) -> None:
    beaten = 0.0
    while not ended.wait(LOOK_SECONDS):
        for command in commands.read():
            if command is Command.GO_ON_ALONE:
                parent = None
            else:
                cancel.set()
        if parent is not None and is_gone(parent):
            cancel.set()
        if time.monotonic() > beaten + BEAT_SECONDS:
            beaten = time.monotonic()
            try:
                beat(RunFolder(folder).lock)
            except OSError:  # the folder is gone: the next event that cannot be written tells
                cancel.set()
