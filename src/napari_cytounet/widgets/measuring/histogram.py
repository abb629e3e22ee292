"""How a measurement is spread over the objects: a histogram that loads pyqtgraph when it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import ComboBox, Container
from napari.components import ViewerModel
from napari.utils.theme import get_theme
from numpy.typing import NDArray
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.texts import title

if TYPE_CHECKING:
    from pyqtgraph import PlotWidget

HEIGHT = 170
PLACES = ("label", "class", "centroid_y_px", "centroid_x_px", "centroid_y_um", "centroid_x_um")
"""Columns of numbers whose spread says nothing about the objects."""


class ObjectHistogram(Container):  # type: ignore[type-arg]
    """A histogram of one column of the table.

    Parameters
    ----------
    viewer
        Whose theme it wears.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._columns: Columns = {}
        self.column = ComboBox(choices=self._choices, label="of", tooltip="The column that is drawn.")
        super().__init__(widgets=[self.column])
        self.margins = (0, 0, 0, 0)
        self._plot = _Plot(viewer)
        self.native.layout().addWidget(self._plot)
        self.column.changed.connect(self._draw)

    def show_columns(self, columns: Columns, first: str) -> None:
        """Show other measurements.

        Parameters
        ----------
        columns
            Of the table.
        first
            The one that is shown, unless the user chose one that is there again.
        """
        self._columns = columns
        chosen = self.column.value
        with self.column.changed.blocked():
            self.column.reset_choices()
            self.column.value = chosen if chosen in self.column.choices else first
        self._draw()

    def _choices(self, _: object) -> list[tuple[str, str]]:
        numbers = [name for name, values in self._columns.items() if values.dtype.kind in "iuf"]
        return [(title(name), name) for name in numbers if name not in PLACES]

    def _draw(self) -> None:
        values = self._columns[self.column.value].astype(np.float64)
        self._plot.draw(values[np.isfinite(values)], title(self.column.value))


class _Plot(QWidget):
    """Bars that are drawn when they can be seen."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._values: NDArray[np.float64] = np.empty(0)
        self._title = ""
        self._plot: PlotWidget | None = None
        self.setFixedHeight(HEIGHT)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        viewer.events.theme.connect(self._redraw)
        self.destroyed.connect(lambda: viewer.events.theme.disconnect(self._redraw))

    def draw(self, values: NDArray[np.float64], text: str) -> None:
        self._values, self._title = values, text
        self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        super().showEvent(event)
        self._redraw()

    def _redraw(self, _event: Any = None) -> None:
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
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self._plot.setBackground(background)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setPen(text)
            self._plot.getAxis(side).setTextPen(text)
        self._plot.setLabel("bottom", self._title)
        self._plot.setLabel("left", "objects")
        self._plot.clear()
        counts, edges = np.histogram(self._values, bins=bin_count(len(self._values)))
        bars = pg.BarGraphItem(
            x0=edges[:-1], x1=edges[1:], height=counts, brush=theme.current.as_hex(), pen=background
        )
        self._plot.addItem(bars)


def bin_count(values: int) -> int:
    """Return how many bars show so many values: their square root, neither few nor crowded.

    Examples
    --------
    >>> bin_count(9), bin_count(400), bin_count(100_000)
    (5, 20, 60)
    """
    return int(np.clip(np.sqrt(values), 5, 60))
