"""The objects that went wrong as a tree: a kind of error and, below it, its objects."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QTreeWidget, QTreeWidgetItem

if TYPE_CHECKING:
    from napari_cytounet.measurement.object_errors import ObjectError

COLOURS = {"merged": "#d55e00", "split": "#e69f00", "missed": "#56b4e9", "invented": "#cc79a7"}
"""Okabe and Ito's colours, which readers with colour vision deficiency tell apart."""

MEANINGS = {
    "merged": "a found object that holds two or more true ones",
    "split": "a true object that holds two or more found ones",
    "missed": "a true object that no found one matches (IoU 0.5), neither merged nor split",
    "invented": "a found object that matches no true one (IoU 0.5), neither a merger nor a part",
}


class ErrorList:
    """Errors by kind; whoever goes down the list with the arrow keys visits one after the other.

    Attributes
    ----------
    native
        The Qt widget.
    """

    chosen = Signal(int)
    """Emitted with the position of an error in the list that was shown."""

    def __init__(self) -> None:
        self.native = QTreeWidget()
        self.native.setHeaderLabels(["object", "where"])
        self.native.setMinimumHeight(200)
        self.native.currentItemChanged.connect(self._choose)

    def show_errors(self, errors: Sequence[tuple[str, ObjectError]]) -> None:
        """Show errors, each with the name of its plane, in place of those before."""
        self.native.blockSignals(True)
        self.native.clear()
        numbered = sorted(enumerate(errors), key=lambda entry: list(COLOURS).index(entry[1][1].kind.value))
        for kind, group in groupby(numbered, lambda entry: entry[1][1].kind.value):
            places = list(group)
            heading = QTreeWidgetItem([kind, f"{len(places)} x"])
            heading.setForeground(0, QColor(COLOURS[kind]))
            heading.setToolTip(0, MEANINGS[kind])
            self.native.addTopLevelItem(heading)
            for number, (plane, error) in places:
                item = QTreeWidgetItem([_objects(error), _where(plane, error)])
                item.setData(0, Qt.ItemDataRole.UserRole, number)
                heading.addChild(item)
            heading.setExpanded(True)
        self.native.resizeColumnToContents(0)
        self.native.blockSignals(False)

    def _choose(self, item: QTreeWidgetItem | None, _: Any) -> None:
        number = None if item is None else item.data(0, Qt.ItemDataRole.UserRole)
        if number is not None:
            self.chosen.emit(number)


def _objects(error: ObjectError) -> str:
    """Return which objects an error is about.

    Examples
    --------
    >>> from napari_cytounet.measurement.object_errors import ErrorKind, ObjectError
    >>> _objects(ObjectError(ErrorKind.MERGED, "", (0.0, 2.0), (0, 0, 0, 4), (1, 2), (9,)))
    '9 holds 1 and 2'
    """
    true, found = (" and ".join(map(str, some)) for some in (error.true_labels, error.predicted_labels))
    match error.kind.value:
        case "merged":
            return f"{found} holds {true}"
        case "split":
            return f"{true} is found as {found}"
        case "missed":
            return f"{true} is not found"
        case _:
            return f"{found} is no object"


def _where(plane: str, error: ObjectError) -> str:
    y, x = error.centroid
    place = f"y {y:.0f}, x {x:.0f}"
    return f"{plane}, {place}" if plane else place
