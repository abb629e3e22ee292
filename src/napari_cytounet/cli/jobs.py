"""A long job run from the command line: its events are shown, and Ctrl-C or SIGTERM ends it well."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from napari_cytounet.cli.options import OutputOptions
from napari_cytounet.cli.printing import ProgressDisplay, print_event
from napari_cytounet.events import Event, Notice, drain

Result = TypeVar("Result")
Job = Generator[Event, None, Result]


def run_job(start: Callable[[threading.Event], Job[Result]], output: OutputOptions) -> Result:
    """Run a job to its end, show its events, and return its result.

    Parameters
    ----------
    start
        Starts the job, given the flag that asks it to stop.
    output
        Whether events are printed as JSON lines instead of drawn.
    """
    with (
        stop_on_interrupt() as cancel,
        nullcontext(print_event) if output.events else ProgressDisplay() as show,
    ):
        return drain(_said_to_stop(start(cancel), cancel), show)


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Give a flag that the first Ctrl-C, or request to end, sets; the second one ends as usual."""
    cancel = threading.Event()

    def ask_to_stop(*_: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _said_to_stop(job: Job[Result], cancel: threading.Event) -> Job[Result]:
    """Pass on a job, and say once that it is ending."""
    said = False
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: Result = end.value
            return result
        if cancel.is_set() and not said:
            said = True
            yield Notice("Stopping. Ctrl-C once more stops at once.")
        yield event
