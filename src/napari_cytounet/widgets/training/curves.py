"""Loss and validation score of a training as curves that grow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from magicgui.widgets import Container
from napari.utils.theme import get_theme
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_cytounet.events import BatchDone, Event, Validated
from napari_cytounet.measurement.explanations import EXPLANATIONS
from napari_cytounet.widgets.class_colours import COLOURS

HEIGHT = 190
MOST_POINTS = 1000
"""More steps are drawn as means of neighbours, so that a long training is drawn as fast as a short one."""


class TrainingCurves(Container):  # type: ignore[type-arg]
    """Loss on the left axis, Dice on the right, over the steps. The plot is made when it is first seen."""

    def __init__(self) -> None:
        super().__init__(labels=False, visible=False)
        self.margins = (0, 0, 0, 0)
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.validated: list[tuple[int, float]] = []
        self._theme = "dark"
        self._plot: _Plot | None = None
        self._place = _Place(self.draw)
        self.native.layout().addWidget(self._place)

    def begin(self, theme: str) -> None:
        """Show empty curves in the colours of a theme."""
        self.steps, self.losses, self.validated = [], [], []
        self.visible = True
        self.use_theme(theme)

    def use_theme(self, theme: str) -> None:
        """Take the colours of another theme of napari."""
        self._theme = theme
        self.draw()

    def add(self, event: Event) -> None:
        """Take in an event of the training; `draw` shows it."""
        match event:
            case BatchDone(step=step, loss=loss) if math.isfinite(loss):
                self.steps.append(step)
                self.losses.append(loss)
            case Validated(step=step, dice=dice) if math.isfinite(dice):
                self.validated.append((step, dice))

    def draw(self) -> None:
        """Show what was taken in, if somebody sees it."""
        if not self._place.isVisible():
            return
        if self._plot is None:
            self._plot = _Plot()
            self._place.space.addWidget(self._plot.widget)
        self._plot.use_theme(self._theme)
        self._plot.draw(thinned(self.steps), thinned(self.losses), self.validated)


class _Place(QWidget):
    """Where the plot goes; says when it comes into sight."""

    def __init__(self, on_show: Callable[[], object]) -> None:
        super().__init__()
        self._on_show = on_show
        self.space = QVBoxLayout(self)
        self.space.setContentsMargins(0, 0, 0, 0)
        self.setFixedHeight(HEIGHT)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        super().showEvent(event)
        self._on_show()


def thinned(values: list[Any]) -> list[float]:
    """Return values, or means of as many neighbours as needed to have no more than MOST_POINTS.

    Examples
    --------
    >>> thinned([1, 3, 5]), len(thinned(list(range(2500))))
    ([1, 3, 5], 834)
    """
    width = -(-len(values) // MOST_POINTS)
    if width <= 1:
        return list(values)
    groups = (values[start : start + width] for start in range(0, len(values), width))
    return [sum(group) / len(group) for group in groups]


class _Plot:
    """Two curves in one plot, each with an axis of its own."""

    def __init__(self) -> None:
        import pyqtgraph  # here: it takes a while, and only a training needs it

        self.widget = pyqtgraph.PlotWidget()
        self.widget.setToolTip(f"On what is kept back: {EXPLANATIONS['dice'].describe()}")
        self.widget.setMouseEnabled(False, False)
        self.widget.hideButtons()
        self.widget.setMenuEnabled(False)
        item = self.widget.getPlotItem()
        item.getAxis("bottom").setHeight(40)
        item.setLabel("left", "loss", color=COLOURS[0])
        item.setLabel("right", "Dice", color=COLOURS[1])
        self._loss = item.plot(pen=pyqtgraph.mkPen(COLOURS[0], width=1.5))
        self._right = pyqtgraph.ViewBox(enableMouse=False)
        item.scene().addItem(self._right)
        item.getAxis("right").linkToView(self._right)
        self._right.setXLink(item)
        self._right.setYRange(0, 1)
        self._dice = pyqtgraph.PlotDataItem(
            pen=pyqtgraph.mkPen(COLOURS[1], width=2),
            symbol="o",
            symbolSize=5,
            symbolBrush=COLOURS[1],
            symbolPen=None,
        )
        self._right.addItem(self._dice)
        self._item = item
        self._theme = ""
        item.getViewBox().sigResized.connect(self._lay_over)

    def use_theme(self, name: str) -> None:
        if name == self._theme:
            return
        self._theme = name
        theme = get_theme(name)
        self.widget.setBackground(theme.background.as_hex())
        for side in ("bottom", "left", "right"):
            axis = self._item.getAxis(side)
            axis.setPen(theme.text.as_hex())
            axis.setTextPen(theme.text.as_hex())
        self._item.setLabel("bottom", "step", color=theme.text.as_hex())

    def draw(self, steps: list[float], losses: list[float], validated: list[tuple[int, float]]) -> None:
        self._loss.setData(steps, losses)
        self._dice.setData([step for step, _ in validated], [dice for _, dice in validated])

    def _lay_over(self) -> None:
        self._right.setGeometry(self._item.getViewBox().sceneBoundingRect())
