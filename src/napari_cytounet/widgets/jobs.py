"""Long jobs of the engine in a thread, their events on the main thread, their errors as notifications."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from magicgui.widgets import Widget
from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils import progress
from napari.utils.notifications import show_error, show_info

from napari_cytounet.errors import Cancelled, CytounetError
from napari_cytounet.events import Event, Progress, TileDone
from napari_cytounet.widgets.text import without_options
from napari_cytounet.widgets.worker_trouble import tell_trouble

Result = TypeVar("Result")
Start = Callable[[threading.Event], Generator[Event, None, Result]]


class JobError(Exception):
    """A bug of ours, or a refusal of the operating system, inside a job."""


@dataclass(frozen=True)
class _Failed:
    """What a job ended with instead of a result."""

    error: CytounetError


class Job(Generic[Result]):
    """One run of a generator of the engine in a thread.

    Parameters
    ----------
    start
        Starts the generator, given the flag that asks it to stop.
    title
        What the activity dock says.
    owner
        The widget that waits for it: once it is gone, nothing is reported any more, and the job is stopped.
        None for the job of a command, which nobody waits for.
    on_event, on_result
        Called on the main thread.
    on_end
        Called at the end in any case, after `on_result`, on the main thread.

    Attributes
    ----------
    is_running
        Whether it has begun and not ended.
    """

    def __init__(
        self,
        start: Start[Result],
        *,
        title: str,
        owner: Widget | None,
        on_event: Callable[[Event], object] | None = None,
        on_result: Callable[[Result], object] | None = None,
        on_end: Callable[[], object] | None = None,
    ) -> None:
        self._cancel = threading.Event()
        self._on_event, self._on_result, self._on_end = on_event, on_result, on_end
        self._owner_is_there = True
        self.is_running = False
        if owner is not None:
            owner.native.destroyed.connect(self._abandon)
        self._bar = progress(total=100, desc=title)
        self._worker: GeneratorWorker[Event, None, Result | _Failed] = create_worker(
            _guarded, start, self._cancel, _start_thread=False, _ignore_errors=True
        )
        tell_trouble(self._worker)
        self._reports: deque[Callable[[], object]] = deque()
        self._is_reporting = False
        # Functions that hold this object: PySide6 crashes on a bound method whose object is gone by then.
        self._worker.yielded.connect(lambda event: self._on_yielded(event))
        self._worker.returned.connect(lambda result: self._on_returned(result))
        self._worker.finished.connect(lambda: self._on_finished())

    def start(self) -> None:
        """Begin."""
        self.is_running = True
        self._worker.start()

    def stop(self) -> None:
        """Ask the job to end; it keeps what it has."""
        self._cancel.set()

    def _on_yielded(self, event: Event) -> None:
        self._in_turn(partial(self._report, event))

    def _on_returned(self, result: Result | _Failed) -> None:
        self._in_turn(partial(self._end_with, result))

    def _on_finished(self) -> None:
        self._in_turn(self._finish)

    def _in_turn(self, report: Callable[[], object]) -> None:
        """Report one thing after the other: napari's progress lets Qt bring the next while it is drawn."""
        self._reports.append(report)
        if self._is_reporting:
            return
        self._is_reporting = True
        try:
            while self._reports:
                self._reports.popleft()()
        finally:
            self._is_reporting = False

    def _report(self, event: Event) -> None:
        if not self._owner_is_there:
            return
        match event:
            case Progress(what=what, done=done, total=total):
                self._advance(what, done / total if total else 0)
            case TileDone(name=name, done=done, total=total):
                self._advance(name, done / total)
        if self._on_event is not None:
            self._on_event(event)

    def _advance(self, what: str, fraction: float) -> None:
        self._bar.set_description(what)
        self._bar.update(round(100 * fraction) - self._bar.n)  # Qt takes whole numbers only

    def _end_with(self, result: Result | _Failed) -> None:
        if not self._owner_is_there:
            return
        if not isinstance(result, _Failed):
            if self._on_result is not None:
                self._on_result(result)
        elif isinstance(result.error, Cancelled):
            show_info(str(result.error))
        else:
            show_error(without_options(str(result.error)))

    def _finish(self) -> None:
        self.is_running = False
        self._bar.close()
        if self._owner_is_there and self._on_end is not None:
            self._on_end()

    def _abandon(self, *_: object) -> None:
        self._owner_is_there = False
        self._cancel.set()


def _guarded(start: Start[Result], cancel: threading.Event) -> Generator[Event, None, Any]:
    """Run a job so that no error gets lost: a RuntimeError of a generator would end a worker in silence."""
    try:
        return (yield from start(cancel))
    except CytounetError as error:
        return _Failed(error)
    except MemoryError:
        return _Failed(CytounetError(NO_MEMORY))
    except RuntimeError as error:
        if _is_out_of_memory(error):
            return _Failed(CytounetError(NO_MEMORY))
        raise JobError(f"{type(error).__name__}: {error}") from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch found no memory; where torch is not loaded, no such error can come."""
    if "torch" not in sys.modules:
        return False
    from napari_cytounet.unet.devices import is_out_of_memory

    return is_out_of_memory(error)


NO_MEMORY = (
    "There is not enough memory for this. Close other programs or layers, or choose smaller tiles under "
    "advanced."
)
