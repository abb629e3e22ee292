"""Widgets that are out of sight until they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from magicgui.widgets import Container, PushButton, Widget


class Folded(Container):  # type: ignore[type-arg]
    """Widgets under a line that shows and hides them.

    Parameters
    ----------
    title
        What the line says.
    widgets
        What is folded.
    """

    def __init__(self, title: str, widgets: Sequence[Widget]) -> None:
        self._title = title
        self.line = PushButton(text=title)
        self.content = Container(widgets=widgets, labels=False, visible=False)
        super().__init__(widgets=[self.line, self.content], labels=False)
        self.margins = (0, 0, 0, 0)
        self.content.margins = (8, 0, 0, 0)
        self.line.native.setStyleSheet("text-align: left; border: none; background: transparent;")
        self.line.clicked.connect(self.turn)
        self._name_the_state()

    @property
    def is_open(self) -> bool:
        """Whether the widgets are in sight."""
        return not self.content.native.isHidden()

    def turn(self) -> None:
        """Show the widgets, or hide them."""
        self.content.visible = not self.is_open
        self._name_the_state()

    def _name_the_state(self) -> None:
        self.line.text = f"{'▾' if self.is_open else '▸'} {self._title}"
