"""How a measurement is spread over the objects: a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from magicgui.widgets import ComboBox, Container
from napari.components import ViewerModel
from napari.utils.theme import Theme

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.number_columns import number_columns
from napari_cytounet.widgets.measuring.texts import title
from napari_cytounet.widgets.measuring.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from pyqtgraph import PlotWidget

HEIGHT = 170


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
        self._plot = ThemedPlot(viewer, self._draw, HEIGHT)
        self.native.layout().addWidget(self._plot)
        self.column.changed.connect(self._plot.redraw)

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
        self._plot.redraw()

    def _choices(self, _: object) -> list[tuple[str, str]]:
        return number_columns(self._columns)

    def _draw(self, plot: PlotWidget, theme: Theme) -> None:
        import pyqtgraph as pg

        name = self.column.value
        if name is None:
            return
        values = self._columns[name].astype(np.float64)
        values = values[np.isfinite(values)]
        plot.setLabel("bottom", title(name))
        plot.setLabel("left", "objects")
        counts, edges = np.histogram(values, bins=bin_count(len(values)))
        background = theme.background.as_hex()
        bars = pg.BarGraphItem(
            x0=edges[:-1], x1=edges[1:], height=counts, brush=theme.current.as_hex(), pen=background
        )
        plot.addItem(bars)


def bin_count(values: int) -> int:
    """Return how many bars show so many values: their square root, neither few nor crowded.

    Examples
    --------
    >>> bin_count(9), bin_count(400), bin_count(100_000)
    (5, 20, 60)
    """
    return int(np.clip(np.sqrt(values), 5, 60))
