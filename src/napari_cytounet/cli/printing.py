"""What the user sees: progress with the time left on stderr, results or JSON on stdout."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from napari_cytounet import events
from napari_cytounet.cli.correction_words import in_words
from napari_cytounet.cli.options import OutputOptions
from napari_cytounet.strict_json import json_line


class ProgressDisplay:
    """Draws the events of a job on stderr: a bar for each kind of work, and notices above them."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, soft_wrap=True),
        )
        self._score = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, event: events.Event) -> None:
        """Show one event."""
        match event:
            case events.Notice():
                self._bars.console.print(event.text, markup=False)
            case events.Warned():
                self._bars.console.print(event.text, markup=False, style="yellow")
            case events.Progress():
                self._draw(event.what, event.what, event.done, event.total)
            case events.BatchDone():
                self._draw("training", f"training, step {event.step}{self._score}", event.fraction, 1)
            case events.Validated():
                objects = "" if event.objects is None else f", objects {event.objects:.3f}"
                self._score = f", Dice {event.dice:.3f}{objects}"
            case (
                events.StrokesTaken() | events.VersionProposed() | events.Waiting() | events.StrokesPainted()
            ):
                if words := in_words(event):
                    self._bars.console.print(words, markup=False)
            case events.TileDone():
                self._draw("tiles", f"tiles of {event.name}", event.done, event.total)

    def _draw(self, work: str, description: str, done: float, total: float) -> None:
        bar = next((task for task in self._bars.tasks if task.fields["work"] == work), None)
        number = self._bars.add_task(description, total=total, work=work) if bar is None else bar.id
        if bar is not None and bar.finished and done < total:  # the next image: its time left starts anew
            self._bars.reset(number)
        self._bars.update(number, description=description, total=total, completed=done)


def print_event(event: events.Event) -> None:
    """Print an event as one line of JSON on stdout."""
    print_json(event.as_dict())


def print_result(result: object, output: OutputOptions, shown: RenderableType) -> None:
    """Print the result of a command on stdout: as JSON if asked for, else as people read it.

    Parameters
    ----------
    result
        What JSON can hold.
    output
        What to print. With events alone, stdout holds nothing but events.
    shown
        Text or table for people.
    """
    if output.json:
        print_json(result)
    elif not output.events:
        # A file or a pipe has no width: nothing is to be cut off there.
        width = None if sys.stdout.isatty() else 1000
        Console(width=width, highlight=False, soft_wrap=True).print(shown)


def print_json(value: object) -> None:
    """Print a value as one line of JSON on stdout."""
    sys.stdout.write(json_line(value))
    sys.stdout.flush()
