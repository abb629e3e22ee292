"""The events of a run as a file: what the process that trains says, and whoever watches reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_cytounet.events import Event, event_from_dict
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.json_lines import LineReader, append_line


def append_event(folder: Path, event: Event) -> None:
    """Write an event to the log in a run's folder.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    append_line(RunFolder(folder).events, event.as_dict())


class EventReader:
    """Reads the events that were written since it last looked.

    Parameters
    ----------
    folder
        The run's folder, in which there need not be a log yet.
    from_end
        Pass over the events that were written before now.
    """

    def __init__(self, folder: Path, *, from_end: bool = False) -> None:
        self._lines = LineReader(RunFolder(folder).events, from_end=from_end)

    def read(self) -> list[Event]:
        """Return the new events; those of a later version, which this one does not know, are passed over."""
        return [event for values in self._lines.read() if (event := _event(values)) is not None]


def _event(values: dict[str, Any]) -> Event | None:
    try:
        return event_from_dict(values)
    except ValueError:
        return None
