"""The grey values of what is in sight, and the thresholds among them as lines that can be dragged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components import ViewerModel
from napari.utils.theme import get_theme
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_cytounet.widgets.thresholding.field import Field, bin_edges

if TYPE_CHECKING:
    from pyqtgraph import InfiniteLine, PlotWidget

HEIGHT = 130


class ThresholdHistogram(QWidget):
    """A histogram with one line a threshold; its plotting library is loaded when it is first seen.

    Parameters
    ----------
    viewer
        Whose theme it wears.
    on_drag
        Called with the number of the class (from 0) and its threshold when the user drags a line.
    """

    def __init__(self, viewer: ViewerModel, on_drag: Callable[[int, float], object]) -> None:
        super().__init__()
        self._viewer, self._on_drag = viewer, on_drag
        self._plot: PlotWidget | None = None
        self._lines: list[InfiniteLine] = []
        self._field: Field | None = None
        self._colours: tuple[str, ...] = ()
        self._thresholds: tuple[float, ...] = ()
        self.setFixedHeight(HEIGHT)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        viewer.events.theme.connect(self._draw)

    def show_field(self, field: Field, colours: Sequence[str]) -> None:
        """Show the histogram of another field, one curve a channel."""
        self._field, self._colours = field, tuple(colours)
        self._draw()

    def show_thresholds(self, thresholds: Sequence[float]) -> None:
        """Move the lines."""
        self._thresholds = tuple(thresholds)
        for line, threshold in zip(self._lines, self._thresholds, strict=False):
            line.blockSignals(True)
            line.setValue(threshold)
            line.blockSignals(False)

    def clear(self) -> None:
        """Show nothing."""
        self._field = None
        if self._plot is not None:
            self._plot.clear()
            self._lines = []

    def leave(self) -> None:
        """Follow the theme no longer."""
        self._viewer.events.theme.disconnect(self._draw)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Draw what was not drawn while nobody saw it."""
        super().showEvent(event)
        self._draw()

    def _draw(self, _event: Any = None) -> None:
        if not self.isVisible() or self._field is None:
            return
        import pyqtgraph as pg  # here: the widget opens sooner without it

        plot = self._dressed_plot()
        plot.clear()
        field, text = self._field, get_theme(self._viewer.theme).text.as_hex()
        edges = bin_edges(field.low, field.high, field.counts.shape[1])
        several = len(field.counts) > 1
        for counts, colour in zip(field.counts, self._colours, strict=True):
            drawn = pg.mkColor(colour if several else text)
            filled = pg.mkColor(drawn)
            filled.setAlphaF(0.3)
            plot.plot(edges, np.log10(1 + counts), stepMode="center", fillLevel=0, pen=drawn, brush=filled)
        plot.setXRange(float(edges[0]), float(edges[-1]), padding=0.02)
        self._lines = [
            pg.InfiniteLine(movable=True, pen=pg.mkPen(colour, width=2), hoverPen=pg.mkPen(colour, width=4))
            for colour in self._colours
        ]
        for number, line in enumerate(self._lines):
            line.sigPositionChanged.connect(partial(self._drag, number))
            plot.addItem(line)
        self.show_thresholds(self._thresholds)

    def _dressed_plot(self) -> PlotWidget:
        import pyqtgraph as pg

        if self._plot is None:
            self._plot = pg.PlotWidget()
            self._plot.setMouseEnabled(x=False, y=False)
            self._plot.setMenuEnabled(False)
            self._plot.hideButtons()
            self._plot.hideAxis("left")
            self._layout.addWidget(self._plot)
        theme = get_theme(self._viewer.theme)
        self._plot.setBackground(theme.background.as_hex())
        axis = self._plot.getAxis("bottom")
        axis.setPen(theme.text.as_hex())
        axis.setTextPen(theme.text.as_hex())
        return self._plot

    def _drag(self, number: int, line: InfiniteLine) -> None:
        self._on_drag(number, float(line.value()))
