"""The list of runs as Qt's views read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from napari_cytounet.measurement.explanations import EXPLANATIONS
from napari_cytounet.runs.keeping import is_archived
from napari_cytounet.runs.listing import RunSummary

_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SORT_ROLE = Qt.ItemDataRole.UserRole
"""What a column is sorted by."""


@dataclass(frozen=True)
class Column:
    """A column of the list.

    Attributes
    ----------
    title, explanation
        What stands on top of it, and its tooltip.
    text
        What stands in the row of a run.
    key
        What it is sorted by.
    is_number
        Whether it stands on the right.
    """

    title: str
    explanation: str
    text: Callable[[RunSummary], str]
    key: Callable[[RunSummary], Any]
    is_number: bool = False


COLUMNS = (
    Column("name", "Name of the run's folder.", lambda run: _name(run), lambda run: run.name),
    Column(
        "Dice",
        f"On what was kept back, with its 95 % interval. {EXPLANATIONS['dice'].describe()}",
        lambda run: _score(run),
        lambda run: -1.0 if run.dice is None else run.dice,
        is_number=True,
    ),
    Column(
        "minutes",
        "How long it took.",
        lambda run: "" if run.minutes is None else f"{run.minutes:.1f}",
        lambda run: -1.0 if run.minutes is None else run.minutes,
        is_number=True,
    ),
    Column("data", "Folder that the images lie in.", lambda run: run.data, lambda run: run.data),
    Column("begun", "When it began, in UTC.", lambda run: _begun(run), lambda run: run.created),
    Column("note", "What you wrote about it.", lambda run: _one_line(run.note), lambda run: run.note),
)


class RunModel(QAbstractTableModel):
    """Runs, one a row.

    Attributes
    ----------
    runs
        In the order in which they were found.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunSummary] = []

    def show(self, runs: list[RunSummary]) -> None:
        """Show other runs."""
        self.beginResetModel()
        self.runs = runs
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, what it is sorted by, or on which side it stands."""
        column, run = COLUMNS[index.column()], self.runs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(run)
        if role == SORT_ROLE:
            return column.key(run)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(run.path)
        return _NUMBER if role == Qt.ItemDataRole.TextAlignmentRole and column.is_number else None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column and its explanation."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        return COLUMNS[section].explanation if role == Qt.ItemDataRole.ToolTipRole else None


def _name(run: RunSummary) -> str:
    state = "" if run.state == "finished" else f" ({run.state})"
    return f"{run.name}{' (archived)' if is_archived(run.path) else ''}{state}"


def _begun(run: RunSummary) -> str:
    return run.created[:16].replace("T", " ")


def _score(run: RunSummary) -> str:
    if run.dice is None:
        return ""
    interval = f" ({run.interval[0]:.3f} to {run.interval[1]:.3f})" if run.interval else ""
    return f"{run.dice:.3f}{interval}"


def _one_line(note: str) -> str:
    return note.replace("\n", "; ")
