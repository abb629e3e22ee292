"""Lines of text in a widget, which may be long and may be empty."""

from __future__ import annotations

import re

from magicgui.widgets import Label
from qtpy.QtWidgets import QSizePolicy

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)(?: (binary|classes|instances|outlines|order|-?\d+))?(?!\w)")

CALLED = {"masks": "labels hold"}
"""Options whose field is called otherwise."""


class Text(Label):
    """A text that is wrapped at the width of the dock, and takes no room while it is empty."""

    def __init__(self, value: str = "") -> None:
        super().__init__(value=value, visible=bool(value))
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.native.setSizePolicy(policy)
        self.native.setWordWrap(True)

    def say(self, text: str) -> None:
        """Show another text, or none."""
        self.value = text
        self.visible = bool(text)


def without_options(message: str) -> str:
    """Return a message of the engine with the names of fields in place of options of the command line.

    Examples
    --------
    >>> without_options("Say which: --masks classes or --masks instances.")
    'Say which: “labels hold: classes” or “labels hold: instances”.'
    >>> without_options("Give more --minutes, or say --empty-planes.")
    'Give more “minutes”, or say “empty planes”.'
    """
    return _OPTION.sub(_field, message)


def _field(option: re.Match[str]) -> str:
    name, value = option.groups()
    named = CALLED.get(name, name.replace("-", " "))
    return f"“{named}: {value}”" if value else f"“{named}”"
