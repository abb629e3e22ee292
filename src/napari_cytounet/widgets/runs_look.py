"""Looking through the folder of runs, a moment after a widget opened and in a thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.preferences import runs_folder

PAUSE_MS = 300
"""Napari takes time to find its preferences, which name the folder: the widget is to be seen before."""

Result = TypeVar("Result")


class RunsLook(Generic[Result]):
    """Looks for something in the folder of runs whenever it is asked to.

    Parameters
    ----------
    owner
        The widget that wants to know: once it is gone, nothing is reported any more.
    look
        Returns what is in a folder; called in a thread.
    on_result
        Called on the main thread with what was found.
    on_error
        Called on the main thread with why the folder cannot be read.
    """

    def __init__(
        self,
        owner: QWidget,
        look: Callable[[Path], Result],
        on_result: Callable[[Result], object],
        on_error: Callable[[str], object],
    ) -> None:
        self._look = look
        self._looking: Latest[Result] = Latest(on_result, on_error)
        self._pause = QTimer(owner)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.now)
        owner.destroyed.connect(self._leave)

    def soon(self) -> None:
        """Look after a moment."""
        self._pause.start()

    def now(self) -> None:
        """Look at once."""
        folder = runs_folder()
        self._looking.ask(lambda _: self._look(folder))

    def _leave(self, *_: Any) -> None:
        self._looking.forget()
