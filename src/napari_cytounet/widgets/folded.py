"""Widgets that are out of sight until they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from magicgui.widgets import Container, PushButton, Widget


class Folded(Container):  # type: ignore[type-arg]
    """Widgets under a line that shows and hides them.

    Parameters
    ----------
    title
        What the line says.
    widgets
        What is folded.
    later
        Makes what comes after them when it is first asked for, since it takes long and is seldom needed.
    """

    def __init__(
        self,
        title: str,
        widgets: Sequence[Widget] = (),
        *,
        later: Callable[[], Sequence[Widget]] | None = None,
    ) -> None:
        self._title, self._later = title, later
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
        if self._later is not None:
            self.content.extend(self._later())
            self._later = None
        self.content.visible = not self.is_open
        self._name_the_state()

    def _name_the_state(self) -> None:
        self.line.text = f"{'▾' if self.is_open else '▸'} {self._title}"
