"""Waiting for a job while napari's window lives: for what napari wants at once, and on the main thread."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QProgressDialog

from napari_cytounet.events import Event, Progress, drain
from napari_cytounet.widgets.jobs import Start

Result = TypeVar("Result")

TURN_SECONDS = 0.02
"""So long the window is left alone at most."""

PATIENCE_MS = 500
"""What takes less shows no dialog."""


def result_of(start: Start[Result], text: str) -> Result:
    """Carry out a job in a thread and return its result; a dialog shows how far it is, and can stop it.

    The dialog is modal: what is waited for belongs into a viewer that must still be there then.

    Parameters
    ----------
    start
        Starts the job, given the flag that asks it to stop.
    text
        What the dialog says.

    Raises
    ------
    CytounetError
        Whatever the job raises; Cancelled if the user stopped it.
    """
    cancel = threading.Event()
    if QApplication.instance() is None:
        return drain(start(cancel))
    said: deque[Event] = deque(maxlen=1)
    dialog = QProgressDialog(text, "Stop", 0, 0)
    dialog.setWindowTitle("napari-cytounet")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(PATIENCE_MS)
    dialog.canceled.connect(cancel.set)
    try:
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(lambda: drain(start(cancel), said.append))
            while wait([job], TURN_SECONDS).not_done:
                if said and not cancel.is_set():
                    _show(dialog, said.pop())
                QApplication.processEvents()
        return job.result()
    finally:
        dialog.canceled.disconnect(cancel.set)
        dialog.close()
        dialog.deleteLater()


def _show(dialog: QProgressDialog, event: Event) -> None:
    if isinstance(event, Progress):
        dialog.setMaximum(round(event.total))
        dialog.setValue(round(event.done))
