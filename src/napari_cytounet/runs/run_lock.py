"""One process at a time trains in a folder: a lock of the kernel, and a heartbeat for other computers.

The kernel lets go of the lock when the process ends, however it ends. Where two computers share a folder,
their kernels may not know of each other's locks: so the holder writes down its name, and touches the file
every few seconds. (The clocks of the computers must agree to less than `DEAD_AFTER`.)
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.folder import RunFolder

DEAD_AFTER = 30.0
"""Seconds without a heartbeat after which a process on another computer counts as gone."""

PATIENCE = 1.0
"""Seconds that a lock is tried for: somebody who only looks at it holds it for a moment."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock."""

    pid: int
    host: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this computer."""
        return self.host == platform.node()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder.

    Raises
    ------
    OutputError
        If another process holds it, or there is no such folder.
    """
    with held(
        RunFolder(folder).lock,
        lambda by: f"{folder} is being trained already{by}. Stop that training, or wait for its end.",
    ):
        yield


@contextmanager
def held(path: Path, refusal: Callable[[str], str]) -> Iterator[None]:
    """Hold a lock.

    Parameters
    ----------
    path
        Its file, in a folder that is there.
    refusal
        Makes the error's text where another process holds it, of words that name that process.

    Raises
    ------
    OutputError
        If another process holds it, or the file cannot be written.
    """
    try:
        file = path.open("a+b")
    except OSError as error:
        raise OutputError(f"{path.parent} cannot be worked in ({error.strerror}).") from error
    with file:
        if not _take(file) or _beats_elsewhere(path):
            holder = _named_in(path)
            raise OutputError(refusal(f" by process {holder.pid} on {holder.host}" if holder else ""))
        file.truncate(0)
        file.write(json.dumps(asdict(Holder(os.getpid(), platform.node()))).encode())
        file.flush()
        try:
            yield
        finally:
            with suppress(OSError):  # on a full disk or a lost share nobody hears of it
                file.truncate(0)


def beat(lock: Path) -> None:
    """Say that the holder of a lock is still there.

    Raises
    ------
    FileNotFoundError
        If the folder is gone.
    """
    os.utime(lock)


def lock_holder(folder: Path) -> Holder | None:
    """Return the process that trains in a folder, None if there is none.

    Raises
    ------
    OutputError
        If something else holds the lock.
    """
    path = RunFolder(folder).lock
    until = time.monotonic() + PATIENCE
    while not _is_free(path):
        if (holder := _named_in(path)) is not None:
            return holder
        if time.monotonic() > until:
            raise OutputError(f"{path} is locked, but not by a training. Close what uses it.")
        time.sleep(0.05)  # it is about to write down its name
    return None


def _is_free(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _try(file, shared=True) and not _beats_elsewhere(path)
    except (FileNotFoundError, NotADirectoryError):
        return True


def _take(file: BinaryIO) -> bool:
    until = time.monotonic() + PATIENCE
    while not _try(file, shared=False):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _named_in(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _beats_elsewhere(path: Path) -> bool:
    """Whether a process on another computer touched the file not long ago, and did not let go of it."""
    holder = _named_in(path)
    return holder is not None and not holder.is_here and time.time() - path.stat().st_mtime < DEAD_AFTER


if sys.platform == "win32":
    import msvcrt

    def _try(file: BinaryIO, *, shared: bool) -> bool:  # noqa: ARG001 there are no shared locks
        """Lock a byte far behind the end, so that what the file holds can be read."""
        file.seek(2**30)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(file: BinaryIO, *, shared: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
