"""A plot in the colours of napari that loads pyqtgraph when it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.components import ViewerModel
from napari.utils.theme import Theme, get_theme
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from pyqtgraph import PlotWidget


class ThemedPlot(QWidget):
    """A plot that is drawn when it can be seen.

    Parameters
    ----------
    viewer
        Whose theme it wears.
    draw
        Draws into an empty plot, in the colours of a theme.
    height
        In pixels.
    """

    def __init__(self, viewer: ViewerModel, draw: Callable[[PlotWidget, Theme], object], height: int) -> None:
        super().__init__()
        self._viewer = viewer
        self._draw = draw
        self._plot: PlotWidget | None = None
        self.setFixedHeight(height)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        viewer.events.theme.connect(self.redraw)
        self.destroyed.connect(lambda: viewer.events.theme.disconnect(self.redraw))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Draw what could not be seen before."""
        super().showEvent(event)
        self.redraw()

    def redraw(self, _event: Any = None) -> None:
        """Draw anew, if it can be seen."""
        if not self.isVisible():
            return
        import pyqtgraph as pg  # here: a second that most users of the table need not wait

        if self._plot is None:
            self._plot = pg.PlotWidget()
            self._plot.setMouseEnabled(x=False, y=False)
            self._plot.setMenuEnabled(False)
            self._plot.hideButtons()
            self._layout.addWidget(self._plot)
        theme = get_theme(self._viewer.theme)
        text = theme.text.as_hex()
        self._plot.setBackground(theme.background.as_hex())
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setPen(text)
            self._plot.getAxis(side).setTextPen(text)
        self._plot.clear()
        self._draw(self._plot, theme)
