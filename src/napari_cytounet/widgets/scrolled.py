"""Contents of a dock that may be taller than the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from magicgui.widgets import Container, Widget
from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QScrollBar, QWidget

LEAST_HEIGHT = 100
LEAST_WIDTH = 325
"""Pixels: the title of the dock can be read to its end."""


class Scrolled(Container):  # type: ignore[type-arg]
    """Widgets one above the other, with one scroll bar for all of them where the window is too low.

    A scrollable container of magicgui loses its scroll area when napari docks it: only the inside is taken.

    Parameters
    ----------
    widgets
        From top to bottom.
    """

    def __init__(self, widgets: Sequence[Widget]) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self.body = Container(widgets=widgets, labels=False)
        self.body.native.layout().addStretch()
        self.native.layout().addWidget(_Area(self.body.native))

    def reset_choices(self, *_: Any) -> None:
        """Look anew at what can be chosen: napari calls this when the layer list changes."""
        self.body.reset_choices()


class _Area(QScrollArea):
    """Scrolls up and down only, and is never narrower than what is in it.

    Parameters
    ----------
    body
        What is in it.
    """

    def __init__(self, body: QWidget) -> None:
        super().__init__()
        self._body = body
        self._bar = QScrollBar(Qt.Orientation.Vertical)
        self.setWidget(body)
        self.setVerticalScrollBar(self._bar)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Have the dock grow with the contents: what unfolds may be wider than what was there before."""
        if watched is self._body and event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width of the contents and of the scroll bar, and a height that any window has."""
        width = self._body.minimumSizeHint().width() + self._bar.sizeHint().width()
        return QSize(max(width, LEAST_WIDTH), LEAST_HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the whole size of the contents."""
        return self._body.sizeHint() + QSize(self._bar.sizeHint().width(), 0)
