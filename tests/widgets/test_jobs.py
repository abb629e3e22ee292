"""Tests of long jobs in a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest
import torch
from magicgui.widgets import Container
from napari.utils.notifications import Notification, notification_manager
from pytestqt.qtbot import QtBot

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.widgets.jobs import Job, JobError


@pytest.fixture
def owner(qapp: object) -> Iterator[Container]:
    widget = Container()
    yield widget
    widget.native.deleteLater()


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []

    def note(notification: Notification) -> None:
        texts.append(f"{notification.severity.value}: {notification.message}")

    notification_manager.notification_ready.connect(note)
    yield texts
    notification_manager.notification_ready.disconnect(note)
    notification_manager.records.clear()


def _run(qtbot: QtBot, job: Job[object]) -> None:
    job.start()
    qtbot.waitUntil(lambda: not job.is_running, timeout=20_000)
    qtbot.wait(20)


def test_events_and_the_result_arrive_on_the_main_thread(qtbot: QtBot, owner: Container) -> None:
    def work(cancel: threading.Event) -> Generator[Event, None, str]:
        assert threading.current_thread() is not threading.main_thread()
        yield Progress("images", 1, 2)
        yield Notice("half")
        return "done"

    came: list[tuple[object, bool]] = []

    def note(what: object = "end") -> None:
        came.append((what, threading.current_thread() is threading.main_thread()))

    _run(qtbot, Job(work, title="work", owner=owner, on_event=note, on_result=note, on_end=note))
    assert came == [(Progress("images", 1, 2), True), (Notice("half"), True), ("done", True), ("end", True)]


def test_a_stop_is_seen_by_the_job(qtbot: QtBot, owner: Container) -> None:
    def work(cancel: threading.Event) -> Generator[Event, None, str]:
        while not cancel.wait(0.01):
            yield Notice("working")
        return "kept"

    results: list[str] = []
    job = Job(work, title="work", owner=owner, on_result=results.append)
    job.start()
    job.stop()
    qtbot.waitUntil(lambda: results == ["kept"], timeout=5000)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ImageError("cells.tif holds NaN"), "error: cells.tif holds NaN"),
        (Cancelled("Stopped."), "info: Stopped."),
        (MemoryError(), "error: There is not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "error: There is not enough memory"),
    ],
)
def test_errors_reach_the_user(
    qtbot: QtBot, owner: Container, said: list[str], error: Exception, expected: str
) -> None:
    def work(cancel: threading.Event) -> Generator[Event, None, None]:
        yield Notice("beginning")
        raise error

    ended: list[str] = []
    _run(qtbot, Job(work, title="work", owner=owner, on_end=lambda: ended.append("end")))
    assert len(said) == 1
    assert said[0].startswith(expected)
    assert ended == ["end"]


def test_a_runtime_error_does_not_vanish(
    qtbot: QtBot, owner: Container, said: list[str], capture_errors: list[BaseException]
) -> None:
    def work(cancel: threading.Event) -> Generator[Event, None, None]:
        yield Notice("beginning")
        raise RuntimeError("shapes do not match")

    _run(qtbot, Job(work, title="work", owner=owner))
    assert [type(error) for error in capture_errors] == [JobError]
    assert "shapes do not match" in str(capture_errors[0])


@pytest.fixture
def capture_errors(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    errors: list[BaseException] = []
    monkeypatch.setattr(
        notification_manager, "receive_error", lambda kind, error, trace: errors.append(error)
    )
    return errors


def test_a_job_whose_widget_is_gone_stops_and_reports_nothing(qtbot: QtBot) -> None:
    stopped = threading.Event()

    def work(cancel: threading.Event) -> Generator[Event, None, str]:
        cancel.wait(5)
        stopped.set()
        yield Notice("too late")
        return "too late"

    came: list[object] = []
    owner = Container()
    job = Job(work, title="work", owner=owner, on_event=came.append, on_result=came.append)
    job.start()
    owner.native.deleteLater()
    qtbot.waitUntil(stopped.is_set, timeout=5000)
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    qtbot.wait(20)
    assert came == []


def test_reports_come_in_turn_however_fast_they_are(qtbot: QtBot, owner: Container) -> None:
    def work(cancel: threading.Event) -> Generator[Event, None, str]:
        for done in range(1, 201):
            yield Progress("tiles", done, 200)
        return "done"

    came: list[object] = []

    def note(what: object = "end") -> None:
        came.append(what.done if isinstance(what, Progress) else what)

    _run(qtbot, Job(work, title="work", owner=owner, on_event=note, on_result=note, on_end=note))
    assert came == [*range(1, 201), "done", "end"]
