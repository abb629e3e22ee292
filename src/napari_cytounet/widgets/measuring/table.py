"""The table of objects, tied to the labels layer that they were measured in."""

from __future__ import annotations

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_cytounet.widgets.measuring.measurements import Columns, ObjectMeasurements
from napari_cytounet.widgets.measuring.table_model import ObjectModel

ROW_HEIGHT = 22
SAMPLED_ROWS = 50
"""Rows that decide how wide a column is."""
LEAST_HEIGHT = 140
"""Pixels: some rows can be seen in a low window too."""


class ObjectTable(QTableView):
    """Shows measurements, one row an object.

    Attributes
    ----------
    chosen, opened
        Emitted with the number of an object when the user selects its row, and double-clicks it.
    moved
        Emitted with the number of an object when its row is selected, whoever did it.
    """

    chosen = Signal(int)
    opened = Signal(int)
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._follows = False
        self.objects = ObjectModel(self)
        self.setModel(self.objects)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._titles = QHeaderView(Qt.Orientation.Horizontal)
        self._titles.setSectionsClickable(True)
        self._titles.setResizeContentsPrecision(SAMPLED_ROWS)
        self.setHorizontalHeader(self._titles)
        numbers = QHeaderView(Qt.Orientation.Vertical)
        numbers.hide()
        numbers.setDefaultSectionSize(ROW_HEIGHT)
        self.setVerticalHeader(numbers)
        self.setToolTip(
            "Select a row to highlight its object, double-click it to go there. Click a title to sort."
        )
        self.doubleClicked.connect(self._tell_opened)

    def show_objects(self, measured: ObjectMeasurements) -> None:
        """Show other measurements, in the order of planes and labels."""
        self.setSortingEnabled(False)
        self.objects.show(measured.columns, _reading_order(measured.columns))
        self._titles.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.resizeColumnsToContents()

    def follow(self, number: int) -> None:
        """Select the row of an object without telling that the user chose it."""
        row = self.objects.row_of(number)
        self._follows = True
        self.selectRow(row)
        self._follows = False
        self.scrollTo(self.objects.index(row, 0))

    def rows(self, columns: Columns) -> Columns:
        """Return columns in the order in which the rows stand."""
        return {name: values[self.objects.order] for name, values in columns.items()}

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        """Tell which object the user chose."""
        super().currentChanged(current, previous)
        if not current.isValid() or current.row() == previous.row():
            return
        number = int(self.objects.order[current.row()])
        self.moved.emit(number)
        if not self._follows:
            self.chosen.emit(number)

    def _tell_opened(self, index: QModelIndex) -> None:
        self.opened.emit(int(self.objects.order[index.row()]))


ABOUT_MANY = ("plane", "class", "class_name")
"""Columns that stand in the table only where they tell objects apart: what is measured is to be in sight."""


def _reading_order(columns: Columns) -> list[str]:
    """Return the columns as they are read from left to right.

    Pixels come last where there are micrometres; the name of the layer is left out, and what is the same for
    all objects.
    """
    names = [name for name in columns if name != "image" and not _says_nothing(name, columns)]
    physical = {name.rpartition("_")[0] for name in names if name.endswith(("_um", "_um2"))}
    return sorted(names, key=lambda name: name.endswith("_px") and name.removesuffix("_px") in physical)


def _says_nothing(name: str, columns: Columns) -> bool:
    return name in ABOUT_MANY and len(np.unique(columns[name])) < 2
