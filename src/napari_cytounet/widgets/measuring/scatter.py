"""Two measurements against each other: a point an object; one that is picked is shown in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import ComboBox, Container
from napari.components import ViewerModel
from napari.utils.theme import Theme
from psygnal import Signal

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.number_columns import number_columns
from napari_cytounet.widgets.measuring.texts import title
from napari_cytounet.widgets.measuring.themed_plot import ThemedPlot

if TYPE_CHECKING:
    from pyqtgraph import PlotWidget, ScatterPlotItem

HEIGHT = 220
POINT, MARK = 5, 11
"""Pixels across of a point, and of the ring around the selected one."""


class ObjectScatter(Container):  # type: ignore[type-arg]
    """A scatter plot of two columns of the table.

    Parameters
    ----------
    viewer
        Whose theme it wears.

    Attributes
    ----------
    picked
        Emitted with the number of the object whose point the user clicks.
    """

    picked = Signal(int)

    def __init__(self, viewer: ViewerModel) -> None:
        self._columns: Columns = {}
        self._selected: int | None = None
        self._ring: ScatterPlotItem | None = None
        self.across = ComboBox(choices=self._choices, label="across", tooltip="The column along the bottom.")
        self.up = ComboBox(choices=self._choices, label="up", tooltip="The column along the left side.")
        super().__init__(widgets=[self.across, self.up])
        self.margins = (0, 0, 0, 0)
        self._plot = ThemedPlot(viewer, self._draw, HEIGHT)
        self._plot.setToolTip("Click a point to select its object.")
        self.native.layout().addWidget(self._plot)
        for choice in (self.across, self.up):
            choice.changed.connect(self._plot.redraw)

    def show_columns(self, columns: Columns, first: str) -> None:
        """Show other measurements.

        Parameters
        ----------
        columns
            Of the table.
        first
            The one along the bottom, unless the user chose one that is there again; along the left side it is
            the solidity.
        """
        self._columns, self._selected = columns, None
        for choice, preferred in ((self.across, first), (self.up, "solidity")):
            chosen = choice.value
            with choice.changed.blocked():
                choice.reset_choices()
                choice.value = chosen if chosen in choice.choices else preferred
        self._plot.redraw()

    def mark(self, number: int) -> None:
        """Draw a ring around the point of an object."""
        self._selected = number
        if self._ring is not None:
            self._ring.setData(*self._places([number]))

    def _choices(self, _: object) -> list[tuple[str, str]]:
        return number_columns(self._columns)

    def _places(self, numbers: Any) -> tuple[Any, Any]:
        x, y = (self._columns[choice.value][numbers].astype(np.float64) for choice in (self.across, self.up))
        return x, y

    def _draw(self, plot: PlotWidget, theme: Theme) -> None:
        import pyqtgraph as pg

        if self.across.value is None or self.up.value is None:
            return
        plot.setLabel("bottom", title(self.across.value))
        plot.setLabel("left", title(self.up.value))
        x, y = self._places(slice(None))
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = pg.ScatterPlotItem(
            x[known], y[known], data=known, size=POINT, pen=None, brush=theme.current.as_hex(), hoverable=True
        )
        points.sigClicked.connect(self._tell)
        selected = [] if self._selected is None else [self._selected]
        self._ring = pg.ScatterPlotItem(
            *self._places(selected), size=MARK, pen=theme.text.as_hex(), brush=None
        )
        plot.addItem(points)
        plot.addItem(self._ring)

    def _tell(self, _points: object, clicked: Any, _event: object = None) -> None:
        if len(clicked):
            self.picked.emit(int(clicked[0].data()))
