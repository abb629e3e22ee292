"""The table of objects as Qt's views read it: straight from arrays, so that its length costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.texts import readable, title

_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ASCENDING = Qt.SortOrder.AscendingOrder


class ObjectModel(QAbstractTableModel):
    """A table of objects that can be sorted by any column.

    Attributes
    ----------
    names
        Columns as they stand, from left to right.
    order
        Number of the object in each row.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: Columns = {}
        self.names: list[str] = []
        self.order: NDArray[np.intp] = np.arange(0)

    def show(self, columns: Columns, names: list[str]) -> None:
        """Show other objects.

        Parameters
        ----------
        columns
            One value an object.
        names
            Those of the columns that stand in the table, from left to right.
        """
        self.beginResetModel()
        self._columns, self.names = columns, names
        self.order = np.arange(len(columns[names[0]]) if names else 0)
        self.endResetModel()

    def row_of(self, number: int) -> int:
        """Return the row that an object stands in."""
        return int(np.flatnonzero(self.order == number)[0])

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        """Return the number of objects."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802
        """Return the number of columns that stand in the table."""
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, and on which side it stands."""
        values = self._columns[self.names[index.column()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return readable(values[self.order[index.row()]])
        if role == Qt.ItemDataRole.TextAlignmentRole and values.dtype.kind in "iuf":
            return _NUMBER
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column, and as a tooltip its name in a CSV file."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return title(self.names[section])
        return self.names[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = _ASCENDING) -> None:
        """Sort by a column; what is equal stays in the order of the labels, and NaN comes last."""
        if not 0 <= column < len(self.names):
            return
        ranks = _ranks(self._columns[self.names[column]])
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        numbers = [self.order[index.row()] for index in before]
        self.order = np.argsort(ranks if order == _ASCENDING else -ranks, kind="stable")
        row_of = np.empty_like(self.order)
        row_of[self.order] = np.arange(len(self.order))
        after = [
            self.index(int(row_of[number]), index.column())
            for number, index in zip(numbers, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _ranks(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers that stand in the same order as the values."""
    if values.dtype.kind == "U":
        return np.unique(values, return_inverse=True)[1]
    return values.astype(np.float64)
