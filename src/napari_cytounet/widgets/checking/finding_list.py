"""The findings as a tree: a kind of finding and, below it, its places."""

from __future__ import annotations

from itertools import groupby

from psygnal import Signal, SignalGroup
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QTreeWidget, QTreeWidgetItem

from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.decided import DECIDED
from napari_cytounet.quality.findings import Finding
from napari_cytounet.quality.severities import Severity

COLOURS = {
    Severity.HIGH: "#d55e00",
    Severity.MEDIUM: "#e69f00",
    Severity.LOW: "#56b4e9",
    Severity.NOTE: "#999999",
}
"""Okabe and Ito's colours, which readers with colour vision deficiency tell apart."""


class FindingSignals(SignalGroup):
    """What the user does with the list."""

    chosen = Signal(object)
    opened = Signal(object)


class FindingList(QTreeWidget):
    """Findings in order of harm.

    `signals.chosen` is emitted with the Finding that is selected, `signals.opened` with one that is
    double-clicked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signals = FindingSignals()
        self.setHeaderLabels(["finding", "what was seen"])
        self.setMinimumHeight(200)
        self.itemSelectionChanged.connect(self._choose)
        self.itemDoubleClicked.connect(self._open)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show findings in place of those before."""
        self.clear()
        for (severity, code), group in groupby(findings, lambda finding: (finding.severity, finding.code)):
            places = list(group)
            kind = QTreeWidgetItem([f"{severity.value}: {CODES[code].title}", f"{len(places)} x"])
            kind.setForeground(0, QColor(COLOURS[severity]))
            kind.setToolTip(0, f"How it is decided: {DECIDED[code]}")
            kind.setData(0, Qt.ItemDataRole.UserRole, places[0])
            self.addTopLevelItem(kind)
            for finding in places:
                item = QTreeWidgetItem([str(finding.where), finding.what])
                item.setData(0, Qt.ItemDataRole.UserRole, finding)
                item.setToolTip(0, str(finding.where.file))
                item.setToolTip(1, finding.what)
                kind.addChild(item)
        worst = self.topLevelItem(0)
        if worst is not None:
            worst.setExpanded(True)
        self.resizeColumnToContents(0)

    def _choose(self) -> None:
        items = self.selectedItems()
        if items:
            self.signals.chosen.emit(items[0].data(0, Qt.ItemDataRole.UserRole))

    def _open(self, item: QTreeWidgetItem, _: int) -> None:
        self.signals.opened.emit(item.data(0, Qt.ItemDataRole.UserRole))
