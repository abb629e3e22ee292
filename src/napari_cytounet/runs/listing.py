"""The runs kept so far, side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from napari_cytounet.errors import OutputError
from napari_cytounet.measurement.summary import Interval
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.keeping import is_archived, read_note
from napari_cytounet.runs.record import Record, is_session, read_record


@dataclass(frozen=True)
class RunSummary:
    """A run in one line.

    Attributes
    ----------
    path
        Its folder.
    created
        When it began, in UTC as ISO 8601.
    state
        `finished`; `stopped` by the user; `unfinished`, if it is running or was killed: `--resume` goes on
        with it; `session`, if strokes are taught in it: it has no end; `damaged`, if its record cannot be
        read: nothing more is known of it then.
    images
        Training images.
    masks
        Kind of the masks.
    preset
        The preset that filled the settings.
    steps, seconds, dice, interval
        Of the result; None while it is unfinished, and the Dice with its 95 % interval also where nothing was
        kept back (the interval: fewer than two images).
    data
        Name of the folder that the images lie in.
    note
        What the user wrote about it.
    """

    path: Path
    created: str
    state: str
    images: int | None = None
    masks: str = ""
    preset: str = ""
    steps: int | None = None
    seconds: float | None = None
    dice: float | None = None
    interval: Interval | None = None
    data: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.path.resolve().name

    @property
    def minutes(self) -> float | None:
        """How long it took."""
        return None if self.seconds is None else self.seconds / 60

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self) | {"path": str(self.path)}


def list_runs(folder: Path, *, archived: bool = False) -> list[RunSummary]:
    """Return the runs in a folder, oldest first: itself, and up to three folders deep.

    Files of others that are called `record.json` too are left out.

    Parameters
    ----------
    folder
        Holds the runs.
    archived
        Also list the runs in archives.

    Raises
    ------
    OutputError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder}. Name the folder that holds your runs.")
    records = files_of_runs(folder, RunFolder(folder).record.name)
    records = [path for path in records if archived or not is_archived(path.parent)]
    runs = filter(None, map(_summary, records))
    return sorted(runs, key=lambda run: run.created)


def files_of_runs(folder: Path, name: str) -> list[Path]:
    """Return the files of a name in a folder: in itself, and up to three folders deep."""
    return [path for depth in ("", "*/", "*/*/", "*/*/*/") for path in folder.glob(depth + name)]


def _summary(file: Path) -> RunSummary | None:
    """Summarise a record; None if it is none of ours."""
    path = file.parent
    try:
        record = read_record(file)
    except (OutputError, OSError):
        ours = RunFolder(path).model.exists() or RunFolder(path).checkpoint.exists()
        return RunSummary(path, created="", state="damaged") if ours else None
    if not isinstance(record, dict) or not {"format", "card"} <= set(record):
        return None
    try:
        result = record.get("result", {})
        return RunSummary(
            path=path,
            created=str(record["created"]),
            state=_state(record, result),
            images=len(record["data"]["training"]),
            masks=record["data"]["masks"]["kind"],
            preset=record["settings"]["training"]["preset"],
            steps=result.get("steps"),
            seconds=result.get("seconds"),
            dice=result.get("dice"),
            interval=_interval(result),
            data=_data(record["data"]["training"]),
            note=read_note(path),
        )
    except (KeyError, TypeError, AttributeError):
        return RunSummary(path, created="", state="damaged")


def _state(record: Record, result: Record) -> str:
    if is_session(record):
        return "session"
    if not result:
        return "unfinished"
    return "stopped" if result["stopped"] else "finished"


def _interval(result: dict[str, Any]) -> Interval | None:
    summary = result.get("validation", {}).get("dice") or {}
    interval = summary.get("pooled_interval")
    return (interval[0], interval[1]) if interval else None


def _data(entries: list[dict[str, str]]) -> str:
    """Return the name of the folder of the first image; with the one above, where it says little."""
    parts = entries[0].get("image", "").replace("\\", "/").split("/")[:-1] if entries else []
    if parts and parts[-1].lower() in ("images", "data"):
        parts.pop()
    first = -2 if len(parts) > 1 and parts[-1].lower() in ("train", "training") else -1
    return "/".join(parts[first:])
