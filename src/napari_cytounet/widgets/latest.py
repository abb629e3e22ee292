"""Work in a thread of which only the latest request counts: what follows a hand that moves on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from napari.qt.threading import FunctionWorker, create_worker

from napari_cytounet.errors import Cancelled, CytounetError
from napari_cytounet.widgets.worker_trouble import tell_trouble

Result = TypeVar("Result")
Work = Callable[[threading.Event], Result]


class Latest(Generic[Result]):
    """Does one piece of work at a time; a newer request replaces all older ones.

    Parameters
    ----------
    on_result
        Called on the main thread with the result of the latest request, and of no other.
    on_error
        Called on the main thread with what went wrong in it, in words for the user.
    """

    def __init__(self, on_result: Callable[[Result], object], on_error: Callable[[str], object]) -> None:
        self._on_result, self._on_error = on_result, on_error
        self._generation = 0
        self._cancel = threading.Event()
        self._waiting: Work[Result] | None = None
        self._worker: FunctionWorker[Any] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something runs or waits."""
        return self._worker is not None

    def ask(self, work: Work[Result]) -> None:
        """Do this instead of whatever was asked for before.

        Parameters
        ----------
        work
            Gets the flag that tells it that nobody wants its result any more.
        """
        self.forget()
        self._waiting = work
        if self._worker is None:
            self._begin()

    def forget(self) -> None:
        """Want nothing any more: what runs is asked to stop, and its result is thrown away."""
        self._generation += 1
        self._cancel.set()
        self._waiting = None

    def _begin(self) -> None:
        work, self._waiting = self._waiting, None
        if work is None:
            return
        self._cancel = threading.Event()
        self._worker = create_worker(
            _outcome, work, self._cancel, self._generation, _start_thread=False, _ignore_errors=True
        )
        tell_trouble(self._worker)
        # Functions that hold this object: PySide6 crashes on a bound method whose object is gone by then.
        self._worker.returned.connect(lambda outcome: self._take(outcome))
        self._worker.finished.connect(lambda: self._go_on())
        self._worker.start()

    def _take(self, outcome: tuple[int, Any, str]) -> None:
        generation, result, trouble = outcome
        if generation != self._generation:
            return
        if trouble:
            self._on_error(trouble)
        else:
            self._on_result(result)

    def _go_on(self) -> None:
        self._worker = None
        self._begin()


def _outcome(work: Work[Any], cancel: threading.Event, generation: int) -> tuple[int, Any, str]:
    """Return the request's number, and its result or what is to be said instead of it."""
    try:
        return generation, work(cancel), ""
    except Cancelled:
        return -1, None, ""
    except CytounetError as error:
        return generation, None, str(error)
    except MemoryError:
        return generation, None, NO_MEMORY
    except RuntimeError as error:
        # napari's workers pass over a RuntimeError in silence.
        raise WorkError(f"{type(error).__name__}: {error}") from error


class WorkError(Exception):
    """A bug of ours, or a refusal of a library, inside work in a thread."""


NO_MEMORY = "There is not enough memory for this. Close other programs or layers."
