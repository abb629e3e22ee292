"""What killed processes left: temporary files and folders whose maker is gone."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
import zlib
from contextlib import suppress
from pathlib import Path

import psutil

QUIET_SECONDS = 600.0
"""A leftover was not touched for so long: a process number may mean another process in a container."""

_LEFTOVER = re.compile(r"\..*(?P<computer>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-z_]{8}(\.\w+)*")


def maker() -> str:
    """Return what a temporary name holds of who makes it: this computer and this process.

    A temporary name begins with a dot and holds this, a hyphen, and 8 random letters or digits before its
    suffix.
    """
    return f"{_computer()}-{os.getpid()}"


def remove_leftovers(folder: Path) -> None:
    """Remove what processes of this computer that are gone were writing into a folder.

    Parameters
    ----------
    folder
        Looked into, but not into its folders.
    """
    with suppress(OSError):  # of one that cannot be read or emptied, whoever writes there hears soon enough
        for path in folder.iterdir():
            if path.name.startswith(".") and _is_left(path):
                remove(path)


def _is_left(path: Path) -> bool:
    made = _LEFTOVER.fullmatch(path.name)
    if made is None or made["computer"] != _computer() or psutil.pid_exists(int(made["process"])):
        return False
    return time.time() - path.stat().st_mtime > QUIET_SECONDS


def remove(path: Path) -> None:
    """Remove a file, or as much of a folder as can be removed."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _computer() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"
