"""What a trainer is asked beside the commands of every run: to pause, to go on, to bring a version back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.runs.json_lines import LineReader, append_line


class Wish(StrEnum):
    """`pause`: compute nothing until `go_on`. `bring_back`: show a version again, and learn on from it."""

    PAUSE = "pause"
    GO_ON = "go_on"
    BRING_BACK = "bring_back"


@dataclass(frozen=True)
class Request:
    """A wish, and the version that it is about."""

    wish: Wish
    version: int | None = None


def send_request(folder: Path, request: Request) -> None:
    """Ask the trainer of a session.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    append_line(SessionFolder(folder).commands, {"command": request.wish.value, "version": request.version})


class RequestReader:
    """Reads the requests that were sent since it last looked; other commands are passed over."""

    def __init__(self, folder: Path, *, from_end: bool) -> None:
        self._lines = LineReader(SessionFolder(folder).commands, from_end=from_end)

    def read(self) -> list[Request]:
        """Return the new requests."""
        return [request for line in self._lines.read() if (request := _request(line)) is not None]


def _request(line: Mapping[str, Any]) -> Request | None:
    version = line.get("version")
    try:
        return Request(Wish(line["command"]), None if version is None else int(version))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
