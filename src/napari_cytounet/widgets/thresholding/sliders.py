"""One slider a class, each with its number beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from magicgui.widgets import Container
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QWidget
from superqt import QDoubleSlider

STEPS = 1000
"""Into how many steps a range of fractions is parted at least."""
NUMBER_WIDTH = 72
FARTHEST = 1e12
"""How far a number may be typed beyond the range of its slider."""


class ThresholdSliders(Container):  # type: ignore[type-arg]
    """The thresholds of all classes.

    Parameters
    ----------
    on_move
        Called with the number of the class (from 0) and its threshold when the user changes it.
    """

    def __init__(self, on_move: Callable[[int, float], object]) -> None:
        super().__init__(labels=False)
        self.margins = (0, 0, 0, 0)
        self._on_move = on_move
        self.rows: list[ThresholdSlider] = []

    def offer(self, classes: Sequence[str], colours: Sequence[str]) -> None:
        """Show a slider for each class, or one without a name where there are no classes."""
        for row in self.rows:
            row.hide()
            self.native.layout().removeWidget(row)
            row.deleteLater()
        names = classes if len(classes) > 1 else [""]
        self.rows = [
            ThresholdSlider(name, colour, self._moved(number))
            for number, (name, colour) in enumerate(zip(names, colours, strict=True))
        ]
        longest = max(row.label.sizeHint().width() for row in self.rows)
        for row in self.rows:
            row.label.setFixedWidth(longest)
            self.native.layout().addWidget(row)

    def set_range(self, low: float, high: float, *, whole_numbers: bool) -> None:
        """Set from where to where the sliders go."""
        for row in self.rows:
            row.set_range(low, high, whole_numbers=whole_numbers)

    def show_thresholds(self, thresholds: Sequence[float]) -> None:
        """Move the sliders, without telling anybody."""
        for row, threshold in zip(self.rows, thresholds, strict=True):
            row.show_value(threshold)

    def _moved(self, number: int) -> Callable[[float], object]:
        return lambda value: self._on_move(number, value)


class ThresholdSlider(QWidget):
    """A slider and a number that say the same; the number may also be beyond the slider's range.

    Parameters
    ----------
    name, colour
        What stands before it; nothing if there is no name.
    on_move
        Called with the value when the user changes it.
    """

    def __init__(self, name: str, colour: str, on_move: Callable[[float], object]) -> None:
        super().__init__()
        self._on_move = on_move
        self.slider = QDoubleSlider(Qt.Orientation.Horizontal)  # type: ignore[no-untyped-call]
        self.number = QDoubleSpinBox()
        self.number.setRange(-FARTHEST, FARTHEST)
        self.number.setKeyboardTracking(False)
        self.number.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.number.setFixedWidth(NUMBER_WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.label = QLabel(f'<span style="color: {colour}">■</span> {name}')
        self.label.setVisible(bool(name))
        layout.addWidget(self.label)
        layout.addWidget(self.slider, stretch=1)
        layout.addWidget(self.number)
        for part in (self.slider, self.number):
            part.setToolTip("The threshold: pixels that reach it are foreground.")
        self.slider.valueChanged.connect(self._slide)
        self.number.valueChanged.connect(self._type)

    @property
    def value(self) -> float:
        """The threshold, as it is shown."""
        return float(self.number.value())

    def set_range(self, low: float, high: float, *, whole_numbers: bool) -> None:
        """Set from where to where the slider goes, and how fine the number is."""
        decimals = 0 if whole_numbers else max(0, math.ceil(-math.log10((high - low) / STEPS)))
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.slider.setRange(low, high)
            self.slider.setSingleStep((high - low) / 100)
            self.number.setDecimals(decimals)
            self.number.setSingleStep(1 if whole_numbers else 10.0**-decimals)

    def show_value(self, value: float) -> None:
        """Show a threshold, without telling anybody."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.number.setValue(value)
            self.slider.setValue(value)

    def _slide(self, value: float) -> None:
        with QSignalBlocker(self.number):
            self.number.setValue(value)
        self._on_move(self.value)

    def _type(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(value)
        self._on_move(value)
