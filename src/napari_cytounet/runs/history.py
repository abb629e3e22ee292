"""The history of a training: one row a step, as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from napari_cytounet.errors import OutputError
from napari_cytounet.events import BatchDone, Validated
from napari_cytounet.images.atomic import atomic_path

COLUMNS = ("step", "seconds", "learning_rate", "loss", "validation_dice", "batch_size")

LONGEST_ROW = 1000
"""Bytes, far above what two rows take."""


@dataclass(frozen=True)
class HistoryRow:
    """One step.

    Attributes
    ----------
    step, seconds, learning_rate, loss
        See `BatchDone`.
    validation_dice
        None where the step was not followed by a validation.
    batch_size
        Patches of the step, fewer than wanted where memory was short; None in a history that does not say.
    """

    step: int
    seconds: float
    learning_rate: float
    loss: float
    validation_dice: float | None = None
    batch_size: int | None = None


class History:
    """Writes rows as the training goes; a row is held until the next step, since a validation may follow.

    Parameters
    ----------
    file
        Open for writing text, at its end.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._last: HistoryRow | None = None
        self._written: tuple[int, HistoryRow] | None = None

    def add(self, event: BatchDone | Validated) -> None:
        """Take in an event of the training."""
        if isinstance(event, BatchDone):
            self.flush()
            self._last = HistoryRow(
                event.step, event.seconds, event.learning_rate, event.loss, batch_size=event.batch_size
            )
            return
        if self._last is None and self._written is not None:
            # A checkpoint had the row written before its validation came: take it back.
            place, self._last = self._written
            self._file.truncate(place)
        if self._last is not None:
            self._last = replace(self._last, validation_dice=event.dice)

    def flush(self) -> None:
        """Write what is held, and hand it to the operating system."""
        if self._last is not None:
            row = self._last
            self._written = self._file.tell(), row
            rate, loss = repr(row.learning_rate), repr(row.loss)  # which give every digit
            dice = None if row.validation_dice is None else repr(row.validation_dice)
            self._writer.writerow([row.step, f"{row.seconds:.3f}", rate, loss, dice, row.batch_size])
            self._last = None
        self._file.flush()


@contextmanager
def open_history(path: Path, *, up_to_step: int = 0) -> Iterator[History]:
    """Open a history for writing, keeping the rows of an earlier part of the run up to a step.

    Raises
    ------
    OutputError
        If it cannot be written, as on a full disk.
    """
    rows = [row for row in read_history(path) if row.step <= up_to_step] if path.exists() else []
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(COLUMNS)
        writer = History(file)
        for row in rows:
            writer.add(BatchDone(row.step, row.loss, row.learning_rate, row.seconds, 0.0, row.batch_size))
            if row.validation_dice is not None:
                writer.add(Validated(row.step, row.seconds, row.validation_dice, best=False))
        writer.flush()
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            history = History(file)
            try:
                yield history
            finally:
                history.flush()
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}). Make room on its disk, then go on with --resume."
        ) from error


def read_history(path: Path) -> list[HistoryRow]:
    """Read a history.

    Raises
    ------
    OutputError
        If a row cannot be understood.
    """
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [_row(values) for values in csv.DictReader(file) if values["validation_dice"] is not None]
        except (KeyError, ValueError) as error:
            raise OutputError(f"The history {path} is damaged ({error}).") from error


def last_row(path: Path) -> HistoryRow | None:
    """Return the last whole row of a history without reading all of it; None where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST_ROW))
            rows = file.read().decode().splitlines()[-2:]
    except FileNotFoundError:
        return None
    for row in reversed(rows):  # a killed process may have left the half of one
        try:
            return _row(dict(zip(COLUMNS, row.split(","), strict=False)))
        except (KeyError, ValueError):
            continue
    return None


def _row(values: dict[str, str]) -> HistoryRow:
    validated, size = values["validation_dice"], values.get("batch_size")
    return HistoryRow(
        step=int(values["step"]),
        seconds=float(values["seconds"]),
        learning_rate=float(values["learning_rate"]),
        loss=float(values["loss"]) if values["loss"] else math.nan,
        validation_dice=float(validated) if validated else None,
        batch_size=int(size) if size else None,
    )
