"""Buttons that choose what the brush paints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from magicgui.widgets import Container, PushButton
from psygnal import Signal

from napari_cytounet.correction.annotation import BACKGROUND
from napari_cytounet.widgets.correcting.strokes_layer import BACKGROUND_COLOUR


class ClassButtons(Container):  # type: ignore[type-arg]
    """One button for the background and one a class, in its colour."""

    chosen = Signal(int)
    """Emitted with the annotation value to paint."""

    def __init__(self) -> None:
        super().__init__(layout="vertical", labels=False)
        self.margins = (0, 0, 0, 0)

    def show_classes(self, classes: Sequence[tuple[str, str]]) -> None:
        """Show buttons for other classes, each a name and a colour."""
        for button in list(self):
            self.remove(button)
            button.native.deleteLater()
        for value, (name, colour) in enumerate(
            [("background", BACKGROUND_COLOUR), *classes], start=BACKGROUND
        ):
            button = PushButton(
                text=f"Paint {name}", tooltip=f"Paints the value {value} in the strokes layer."
            )
            button.native.setStyleSheet(f"text-align: left; border-left: 10px solid {colour}; padding: 4px;")
            button.clicked.connect(partial(self._choose, value))
            self.append(button)

    def _choose(self, value: int, *_: object) -> None:
        self.chosen.emit(value)
