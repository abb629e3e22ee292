"""What the process that trains is told, as a file in the run's folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.json_lines import LineReader, append_line


class Command(StrEnum):
    """`stop`: end, and keep the best so far. `go_on_alone`: outlive the process that started the training."""

    STOP = "stop"
    GO_ON_ALONE = "go_on_alone"


def send_command(folder: Path, command: Command) -> None:
    """Tell the process that trains in a run's folder what to do.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    append_line(RunFolder(folder).commands, {"command": command.value})


class CommandReader:
    """Reads the commands that were sent since it last looked; see `LineReader`."""

    def __init__(self, folder: Path, *, from_end: bool) -> None:
        self._lines = LineReader(RunFolder(folder).commands, from_end=from_end)

    def read(self) -> list[Command]:
        """Return the new commands; those of a later version are passed over."""
        known = {command.value: command for command in Command}
        sent = [line.get("command") for line in self._lines.read()]
        return [known[name] for name in sent if name in known]
