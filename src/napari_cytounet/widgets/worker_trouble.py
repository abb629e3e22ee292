"""Bugs and warnings in threads, brought to the user: napari's own connections of these are lost on PyQt6."""

from __future__ import annotations

from typing import Any

from napari.utils.notifications import notification_manager
from superqt.utils import WorkerBase


def tell_trouble(worker: WorkerBase[Any]) -> None:
    """Show what goes wrong in a worker as notifications, which say what happened and where.

    Parameters
    ----------
    worker
        Begun with `_ignore_errors=True`, so that nothing is told twice.
    """
    worker.errored.connect(_notify_of_error)
    worker.warned.connect(_notify_of_warning)


def _notify_of_error(error: Exception) -> None:
    notification_manager.receive_error(type(error), error, error.__traceback__)


def _notify_of_warning(warning: tuple[Any, ...]) -> None:
    notification_manager.receive_warning(*warning)
