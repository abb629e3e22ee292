"""A training as napari sees it: a bar in the activity dock, and a question when the window is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils import progress
from napari.utils.task_status import Status
from napari.viewer import Viewer

from napari_cytounet.widgets.preferences import PLUGIN


class TrainingTask:
    """Shown from when it is made until its end.

    Parameters
    ----------
    viewer
        In whose window.
    text
        What the window says when it asks whether to close.
    on_close
        Called when the window is closed nevertheless.
    """

    def __init__(self, viewer: Viewer, text: str, on_close: Callable[[], object]) -> None:
        # napari has no public way yet to let a window ask before it closes. Its own workers use these two
        # methods; a proxy of the viewer would warn of them.
        self._window: Any = getattr(viewer.window, "__wrapped__", viewer.window)
        self._on_close = on_close
        self._task = self._window._register_task_status(  # noqa: SLF001
            PLUGIN, Status.BUSY, text, cancel_callback=self._close
        )
        self._bar = progress(total=100, desc=text)

    def advance(self, text: str, fraction: float) -> None:
        """Show how far the training is, 0 to 1."""
        self._bar.set_description(text)
        self._bar.update(round(100 * fraction) - self._bar.n)  # Qt takes whole numbers only

    def end(self) -> None:
        """Take the bar away, and let the window close without a question."""
        self._window._update_task_status(self._task, Status.COMPLETED)  # noqa: SLF001
        self._bar.close()

    def _close(self) -> bool:
        self._on_close()
        return True
