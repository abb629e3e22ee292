"""The objects that went wrong as a tree: a kind of error and, below it, its objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QTreeWidget, QTreeWidgetItem

from napari_cytounet.measurement.explanations import ERROR_MEANINGS

if TYPE_CHECKING:
    from napari_cytounet.measurement.object_errors import ObjectError

COLOURS = {"merged": "#d55e00", "split": "#e69f00", "missed": "#56b4e9", "invented": "#cc79a7"}
"""Okabe and Ito's colours, which readers with colour vision deficiency tell apart."""


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

    def show_errors(self, errors: Sequence[ObjectError]) -> None:
        """Show errors in place of those before."""
        self.native.blockSignals(True)
        self.native.clear()
        for kind, colour in COLOURS.items():
            places = [(number, error) for number, error in enumerate(errors) if error.kind == kind]
            if not places:
                continue
            heading = QTreeWidgetItem([kind, f"{len(places)} x"])
            heading.setForeground(0, QColor(colour))
            heading.setToolTip(0, ERROR_MEANINGS[kind])
            self.native.addTopLevelItem(heading)
            for number, error in places:
                item = QTreeWidgetItem([_objects(error), _where(error)])
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


def _where(error: ObjectError) -> str:
    y, x = error.centroid
    place = f"y {y:.0f}, x {x:.0f}"
    return f"{error.plane}, {place}" if error.plane else place
