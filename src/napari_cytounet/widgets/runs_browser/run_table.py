"""The table of runs."""

from __future__ import annotations

from psygnal import Signal
from qtpy.QtCore import QSortFilterProxyModel, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_cytounet.runs.listing import RunSummary
from napari_cytounet.widgets.runs_browser.run_model import SORT_ROLE, RunModel

LEAST_HEIGHT = 160
BEGUN = 4
"""The column that runs are sorted by in the beginning."""


class RunTable(QTableView):
    """Shows runs, one a row; one or two of them can be selected."""

    selected = Signal()
    """Emitted when other rows are selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model_of_runs = RunModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setSourceModel(self.model_of_runs)
        self.setModel(self._sorted)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(LEAST_HEIGHT)
        titles = QHeaderView(Qt.Orientation.Horizontal)
        titles.setSectionsClickable(True)
        self.setHorizontalHeader(titles)
        numbers = QHeaderView(Qt.Orientation.Vertical)
        numbers.hide()
        self.setVerticalHeader(numbers)
        self.setSortingEnabled(True)
        self.sortByColumn(BEGUN, Qt.SortOrder.DescendingOrder)
        self._connect_selection()

    def show_runs(self, runs: list[RunSummary]) -> None:
        """Show other runs, and keep those selected that are still there."""
        before = {run.path for run in self.selection()}
        self.model_of_runs.show(runs)
        self.resizeColumnsToContents()
        for row in range(self._sorted.rowCount()):
            if self._run(row).path in before:
                self.selectRow(row)
        self.selected.emit()

    def selection(self) -> list[RunSummary]:
        """Return the selected runs, from top to bottom."""
        chosen = self.selectionModel()
        rows = [] if chosen is None else sorted(index.row() for index in chosen.selectedRows())
        return [self._run(row) for row in rows]

    def _run(self, row: int) -> RunSummary:
        return self.model_of_runs.runs[self._sorted.mapToSource(self._sorted.index(row, 0)).row()]

    def _connect_selection(self) -> None:
        chosen = self.selectionModel()
        if chosen is not None:
            chosen.selectionChanged.connect(self._tell_selected)

    def _tell_selected(self, *_: object) -> None:
        self.selected.emit()
