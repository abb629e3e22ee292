"""Finding the files that a run learnt from, wherever they lie now: by their names, and by what they hold."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from napari_cytounet.errors import Cancelled, ReplayError
from napari_cytounet.events import Event, Progress
from napari_cytounet.images.pairing import FoundPairs, Pair
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record
from napari_cytounet.runs.sources import content_hash

NAMED = 5
"""How many files an error names."""


@dataclass(frozen=True)
class RecordedFiles:
    """The files of a run, each with the content that it had then.

    Attributes
    ----------
    pairs
        What was learnt from and validated on.
    start_from
        The model that the run began from, if there was one.
    moved
        How many of the files lie elsewhere now.
    """

    pairs: FoundPairs
    start_from: Path | None
    moved: int


def finding_files(
    record: Record, run: Path, data: Path | None, cancel: threading.Event
) -> Generator[Event, None, RecordedFiles]:
    """Find the files of a run and check that they hold what they held.

    Parameters
    ----------
    record
        Of the run.
    run
        Its folder: what the plugin wrote for the run lies in it.
    data
        A folder to look in, at any depth, for files that are not where they were.
    cancel
        Looked at after every file.

    Raises
    ------
    ReplayError
        If some are missing or hold something else.
    Cancelled
        If it was stopped.
    """
    places = [folder for folder in (data, RunFolder(run).data) if folder is not None and folder.is_dir()]
    search = _Search([_Place(folder) for folder in places])
    training, validation = record["data"]["training"], record["data"]["validation"]
    wanted = [
        (entry[kind], entry[f"{kind}_sha256"])
        for entry in (*training, *validation)
        for kind in ("image", "mask")
    ]
    if record["start_from"]:
        wanted.append((record["start_from"]["model"], record["start_from"]["sha256"]))
    found: list[Path | None] = []
    for number, (path, content) in enumerate(wanted):
        if cancel.is_set():
            raise Cancelled("Stopped while the files were checked: nothing was trained.")
        found.append(search.find(Path(path), content))
        yield Progress("files checked", number + 1, len(wanted))
    files = _all_found([Path(path) for path, _ in wanted], found, data)
    pairs = [Pair(image, mask) for image, mask in zip(files[::2], files[1::2], strict=False)]
    moved = sum(str(file) != path for file, (path, _) in zip(files, wanted, strict=True))
    return RecordedFiles(
        FoundPairs(pairs[: len(training)], pairs[len(training) :]),
        files[-1] if record["start_from"] else None,
        moved,
    )


class _Search:
    """Looks where a file was, then for one of its name, then for one of its content."""

    def __init__(self, places: Sequence[_Place]) -> None:
        self._places = places

    def find(self, path: Path, content: str) -> Path | None:
        if path.exists() and content_hash(path) == content:
            return path
        for place in self._places:
            for candidate in place.by_name.get(path.name, []):
                if content_hash(candidate) == content:
                    return candidate
        for place in self._places:
            if content in place.by_content:
                return place.by_content[content]
        return None


class _Place:
    """A folder with what lies in it at any depth; a Zarr is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def by_name(self) -> dict[str, list[Path]]:
        names: dict[str, list[Path]] = {}
        for path in sorted(self._folder.rglob("*")):
            inside = any(parent.suffix == ".zarr" for parent in path.relative_to(self._folder).parents)
            if not inside and (path.is_file() or path.suffix == ".zarr"):
                names.setdefault(path.name, []).append(path.resolve())
        return names

    @cached_property
    def by_content(self) -> dict[str, Path]:
        return {content_hash(path): path for paths in self.by_name.values() for path in paths}


def _all_found(wanted: Sequence[Path], found: Sequence[Path | None], data: Path | None) -> list[Path]:
    """Return the files, or say which are missing and which hold something else."""
    lost = [path for path, file in zip(wanted, found, strict=True) if file is None]
    if not lost:
        return [file for file in found if file is not None]
    changed = [path for path in lost if path.exists()]
    missing = [path for path in lost if not path.exists()]
    said = []
    if changed:
        said.append(f"{_names(changed)} changed since the run: put the former content back.")
    if missing:
        where = f"neither there nor in {data}" if data else "not there any more"
        advice = "Name the folder that holds them" if data is None else "Name another folder"
        said.append(f"{_names(missing)}: {where}. {advice} with --data; their names may be others.")
    raise ReplayError("\n".join([f"{len(lost)} of {len(wanted)} files of the run were not found.", *said]))


def _names(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(map(str, paths[:NAMED])) + more
