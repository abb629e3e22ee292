"""A job on the command line: its events are shown, and Ctrl-C ends it well."""

from __future__ import annotations

import json
import signal
import threading

import pytest

from napari_cytounet.cli.jobs import Job, run_job
from napari_cytounet.cli.options import OutputOptions
from napari_cytounet.events import BatchDone, Notice, Progress, TileDone, Validated

LINES = OutputOptions(events=True)


def _every_event(cancel: threading.Event) -> Job[str]:
    yield Notice("reading [images]")
    yield Progress("images", 1, 2)
    yield Progress("images", 2, 2)
    yield BatchDone(step=1, loss=float("nan"), learning_rate=0.1, seconds=0.5, fraction=0.5)
    yield Validated(step=1, seconds=0.6, dice=0.75, best=True)
    yield BatchDone(step=2, loss=0.1, learning_rate=0.1, seconds=1.0, fraction=1.0)
    yield TileDone("first", 1, 1)
    yield TileDone("second", 1, 2)
    return "result"


def test_events_are_drawn_on_stderr_and_the_result_is_returned(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job(_every_event, OutputOptions()) == "result"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "reading [images]" in printed.err
    assert "training, step 2, Dice 0.750" in printed.err
    assert "tiles of second" in printed.err


def test_events_are_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    run_job(_every_event, LINES)
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["event"] for line in lines][:3] == ["Notice", "Progress", "Progress"]
    assert lines[3]["loss"] is None
    assert printed.err == ""


def test_the_first_interrupt_asks_the_job_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    def job(cancel: threading.Event) -> Job[int]:
        for step in range(1, 100):
            if step == 3:
                signal.raise_signal(signal.SIGINT)
            if cancel.is_set():
                return step
            yield Progress("steps", step, 100)
        return 100

    assert run_job(job, LINES) == 3


def test_a_request_of_the_system_to_end_asks_it_to_stop_too() -> None:
    def job(cancel: threading.Event) -> Job[bool]:
        yield Notice("working")
        signal.raise_signal(signal.SIGTERM)
        return cancel.is_set()

    assert run_job(job, LINES)


def test_a_stopping_job_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def job(cancel: threading.Event) -> Job[None]:
        signal.raise_signal(signal.SIGINT)
        yield Progress("steps", 1, 2)
        yield Progress("steps", 2, 2)

    run_job(job, LINES)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["Notice", "Progress", "Progress"]
    assert events[0]["text"] == "Stopping. Ctrl-C once more stops at once."


def test_the_second_interrupt_ends_it_at_once() -> None:
    def job(cancel: threading.Event) -> Job[None]:
        signal.raise_signal(signal.SIGINT)
        yield Notice("still working")
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_job(job, LINES)


def test_interrupts_are_the_callers_again_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run_job(_every_event, LINES)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
