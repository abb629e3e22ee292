"""A result that is being corrected, on disk: what it was, and what was changed since, edit by edit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.packing import pack, unpack
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.json_lines import LineReader, append_line
from napari_cytounet.strict_json import json_line

LEARNT = "learnt"


@dataclass(frozen=True, eq=False)
class Edits:
    """What a copy holds.

    Attributes
    ----------
    learnt, now
        The labels as they were when all was learnt last, and as they are now.
    classes
        Of labels that came while it was edited.
    """

    learnt: NDArray[Any]
    now: NDArray[Any]
    classes: Mapping[int, int]


class EditedCopy:
    """What `begin` made, or `not_learnt` found.

    Edits are handed to the operating system one by one, as strokes are: whatever is killed, those that were
    finished are there again. Once they are learnt from, they are in the session's journal.

    Parameters
    ----------
    folder
        That holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._changes = folder / "changes.jsonl"
        self._baseline = folder / "baseline.npy"
        self._about = folder / "about.json"

    @classmethod
    def begin(cls, session: Path, labels: NDArray[Any], about: Mapping[str, Any]) -> EditedCopy:
        """Keep a result in the folder of a session, with what is to be known of it, ready for JSON.

        Raises
        ------
        OutputError
            If the folder is gone, or its disk is full.
        """
        folder = SessionFolder(session).edits
        numbers = [int(path.name) for path in folder.glob("[0-9]*")] if folder.exists() else []
        copy = cls(folder / f"{max(numbers, default=0) + 1:04d}")
        with atomic_path(copy._baseline) as temporary, temporary.open("wb") as file:
            np.save(file, labels, allow_pickle=False)
        with atomic_path(copy._about) as temporary:  # last: without it there is no copy
            temporary.write_text(json_line(about), encoding="utf-8")
        return copy

    @classmethod
    def not_learnt(cls, session: Path) -> EditedCopy | None:
        """Return the copy of a session that was edited last, if not all of that was learnt."""
        folders = sorted(SessionFolder(session).edits.glob("[0-9]*"), reverse=True)
        for folder in folders:
            copy = cls(folder)
            if copy._about.exists():
                return copy if copy._is_ahead() else None
        return None

    def about(self) -> dict[str, Any]:
        """Return what is known of it."""
        known: dict[str, Any] = json.loads(self._about.read_text(encoding="utf-8"))
        return known

    def read(self) -> Edits:
        """Return what it holds."""
        learnt: NDArray[Any] = np.load(self._baseline, allow_pickle=False)
        now = learnt.copy()
        classes: dict[int, int] = {}
        for line in LineReader(self._changes).read():
            if LEARNT in line:
                learnt = now.copy()
                continue
            part = tuple(slice(start, stop) for start, stop in line["part"])
            now[part] = unpack(line["values"], now.dtype).reshape(now[part].shape)
            classes |= {int(label): number for label, number in line["classes"].items()}
        return Edits(learnt, now, classes)

    def write(
        self, part: Sequence[slice], values: NDArray[Any], classes: Mapping[int, int] = MappingProxyType({})
    ) -> None:
        """Note what a part of the labels holds now, and the class of labels that are new.

        Raises
        ------
        OutputError
            If the folder is gone, or its disk is full.
        """
        sides = [[int(along.start), int(along.stop)] for along in part]
        append_line(self._changes, {"part": sides, "values": pack(values), "classes": dict(classes)})

    def note_learnt(self) -> None:
        """Note that all of it is in the journal now.

        Raises
        ------
        OutputError
            If the folder is gone, or its disk is full.
        """
        append_line(self._changes, {LEARNT: True})

    def _is_ahead(self) -> bool:
        lines = LineReader(self._changes).read()
        return bool(lines) and LEARNT not in lines[-1]
