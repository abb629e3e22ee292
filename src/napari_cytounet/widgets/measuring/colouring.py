"""Objects in the colours of a measurement, with the bar that tells what the colours mean."""

from __future__ import annotations

import numpy as np
from magicgui.widgets import ComboBox, Container
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap, ensure_colormap
from numpy.typing import NDArray
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget

from napari_cytounet.widgets.measuring.measurements import Columns
from napari_cytounet.widgets.measuring.number_columns import number_columns
from napari_cytounet.widgets.measuring.texts import readable

AS_LABELS = "their labels"
COLOURS = "viridis"
LEVELS = 256
"""Different colours: more cannot be told apart, and cost napari time."""
BAR_HEIGHT, TEXT_HEIGHT = 12, 16
UNKNOWN = (0.5, 0.5, 0.5, 1.0)
"""Of objects whose measurement is not a number."""


class ObjectColours(Container):  # type: ignore[type-arg]
    """A choice that colours the objects of a layer by a column of the table."""

    def __init__(self) -> None:
        self._columns: Columns = {}
        self._layer: Labels | None = None
        self._before: object = None
        self.column = ComboBox(
            choices=self._choices,
            label="colour by",
            tooltip="Colour the objects by a measurement. Grey: it is not known.",
        )
        super().__init__(widgets=[self.column])
        self.margins = (0, 0, 0, 0)
        self._bar = _ColourBar()
        self._bar.hide()
        self.native.layout().addWidget(self._bar)
        self.column.changed.connect(self._colour)

    def show_columns(self, columns: Columns, layer: Labels | None) -> None:
        """Colour another layer, or one that was measured anew, by the column that is chosen.

        Parameters
        ----------
        columns
            Of the table.
        layer
            The labels; None if there is no layer, or a label stands for several objects.
        """
        self.let_go()
        self._columns, self._layer = columns, layer
        chosen = self.column.value
        with self.column.changed.blocked():
            self.column.reset_choices()
            self.column.value = chosen if chosen in self.column.choices else AS_LABELS
        self._colour()

    def let_go(self) -> None:
        """Give the layer its own colours back."""
        if self._layer is not None and self._before is not None:
            self._layer.colormap = self._before
        self._layer = self._before = None

    def _choices(self, _: object) -> list[tuple[str, str]]:
        return [(AS_LABELS, AS_LABELS), *number_columns(self._columns)]

    def _colour(self) -> None:
        name = self.column.value
        coloured = self._layer is not None and name not in (AS_LABELS, None)
        self._bar.setVisible(coloured)
        if self._layer is None:
            return
        if not coloured:
            if self._before is not None:
                self._layer.colormap, self._before = self._before, None
            return
        if self._before is None:
            self._before = self._layer.colormap
        values = self._columns[name].astype(np.float64)
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        self._layer.colormap = value_colormap(self._columns["label"], values, low, high)
        self._bar.show_range(low, high)


def value_colormap(
    labels: NDArray[np.integer], values: NDArray[np.float64], low: float, high: float
) -> DirectLabelColormap:
    """Return the colormap of a labels layer whose labels have the colours of values."""
    colours = _colours(LEVELS)
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    levels = np.rint(np.nan_to_num(share) * (LEVELS - 1)).astype(int)
    chosen = np.where(np.isfinite(values)[:, np.newaxis], colours[levels], UNKNOWN)
    clear = np.zeros(4)
    return DirectLabelColormap(
        color_dict={None: clear, 0: clear, **dict(zip(labels.tolist(), chosen, strict=True))}
    )


def _colours(count: int) -> NDArray[np.float64]:
    mapped: NDArray[np.float64] = np.asarray(ensure_colormap(COLOURS).map(np.linspace(0, 1, count)))
    return mapped


class _ColourBar(QWidget):
    """The colours from the smallest value to the largest."""

    def __init__(self) -> None:
        super().__init__()
        self._low, self._high = 0.0, 1.0
        self.setFixedHeight(BAR_HEIGHT + TEXT_HEIGHT)

    def show_range(self, low: float, high: float) -> None:
        self._low, self._high = low, high
        self.setToolTip(f"from {readable(low)} to {readable(high)}")
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        gradient = QLinearGradient(0, 0, self.width(), 0)
        for share, colour in zip(np.linspace(0, 1, 17).tolist(), _colours(17).tolist(), strict=True):
            gradient.setColorAt(share, QColor.fromRgbF(*colour))
        painter.fillRect(QRectF(0, 0, self.width(), BAR_HEIGHT), gradient)
        text = QRectF(0, BAR_HEIGHT, self.width(), TEXT_HEIGHT)
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, readable(self._low))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight, readable(self._high))
        painter.end()
