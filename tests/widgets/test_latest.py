"""Tests of work of which only the latest request counts."""

from __future__ import annotations

import threading
import warnings

import pytest
from napari.utils.notifications import notification_manager
from pytestqt.qtbot import QtBot

from napari_cytounet.errors import Cancelled, ImageError
from napari_cytounet.widgets.latest import Latest


@pytest.fixture
def came() -> list[object]:
    return []


@pytest.fixture
def latest(came: list[object]) -> Latest[object]:
    return Latest(came.append, lambda why: came.append(f"error: {why}"))


def test_only_the_latest_of_many_requests_is_reported(
    qtbot: QtBot, latest: Latest[object], came: list[object]
) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), []

    def slow(cancel: threading.Event) -> str:
        begun.set()
        go_on.wait(5)
        done.append(cancel.is_set())
        return "stale"

    latest.ask(slow)
    assert begun.wait(5)
    latest.ask(lambda cancel: done.append("never"))
    latest.ask(lambda cancel: "new")
    go_on.set()
    qtbot.waitUntil(lambda: not latest.is_busy, timeout=5000)
    assert came == ["new"]
    assert done == [True]


def test_what_is_forgotten_is_not_reported(qtbot: QtBot, latest: Latest[object], came: list[object]) -> None:
    latest.ask(lambda cancel: "unwanted")
    latest.forget()
    qtbot.waitUntil(lambda: not latest.is_busy, timeout=5000)
    assert came == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ImageError("cells holds NaN"), ["error: cells holds NaN"]),
        (MemoryError(), ["error: There is not enough memory for this. Close other programs or layers."]),
        (Cancelled("No longer wanted."), []),
    ],
)
def test_what_goes_wrong_is_said(
    qtbot: QtBot, latest: Latest[object], came: list[object], error: Exception, expected: list[str]
) -> None:
    def fail(cancel: threading.Event) -> None:
        raise error

    latest.ask(fail)
    qtbot.waitUntil(lambda: not latest.is_busy, timeout=5000)
    assert came == expected


def test_bugs_and_warnings_reach_the_user_and_work_goes_on(
    qtbot: QtBot, latest: Latest[object], came: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(notification_manager, "receive_error", lambda kind, error, trace: told.append(error))
    monkeypatch.setattr(notification_manager, "receive_warning", lambda warning, *_: told.append(warning))

    def fail(cancel: threading.Event) -> None:
        warnings.warn("odd values", stacklevel=1)
        raise RuntimeError("shapes do not match")

    latest.ask(fail)
    qtbot.waitUntil(lambda: not latest.is_busy, timeout=5000)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    assert sorted(map(str, told)) == ["RuntimeError: shapes do not match", "odd values"]
    latest.ask(lambda cancel: "new")
    qtbot.waitUntil(lambda: came == ["new"], timeout=5000)
