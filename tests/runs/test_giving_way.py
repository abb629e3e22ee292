"""Tests of processes that wait for windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from napari_cytounet.runs import giving_way
from napari_cytounet.runs.giving_way import NICENESS, give_way

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this system does not share its processor by sessions"
)

WAITS = "import sys; sys.stdin.read()"
HAS_A_CHILD = f"""
import subprocess, sys
with subprocess.Popen([sys.executable, "-c", {WAITS!r}]) as child:
    print(child.pid, flush=True)
"""


@pytest.fixture
def start() -> Iterator[Any]:
    started = []

    def begin(script: str = WAITS, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", script]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def niceness(pid: int) -> int:
    return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])


def test_a_session_gives_way_and_gets_its_share_again(start: Any) -> None:
    pid = start().pid
    assert give_way(pid, gives_way=True)
    assert niceness(pid) == NICENESS
    assert give_way(pid, gives_way=False)
    assert niceness(pid) == 0
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)


def test_what_shares_its_session_with_others_is_let_alone(start: Any) -> None:
    # a session of its own: that of the tests may be the system's first, of which nothing can be read
    parent = start(HAS_A_CHILD, stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    assert os.getsid(child) == parent.pid
    assert give_way(child, gives_way=True)
    assert niceness(parent.pid) == niceness(child) == 0


def test_a_process_that_has_ended_is_settled(start: Any) -> None:
    process = start()
    process.kill()
    process.communicate()
    assert give_way(process.pid, gives_way=True)


@pytest.mark.parametrize(("error", "settled"), [(BlockingIOError, False), (PermissionError, True)])
def test_a_system_that_was_asked_too_often_is_asked_once_more(
    start: Any, monkeypatch: pytest.MonkeyPatch, error: type[OSError], settled: bool
) -> None:
    class Refusing(type(Path())):  # type: ignore[misc]
        def write_text(self, *_: Any, **__: Any) -> int:
            raise error

    monkeypatch.setattr(giving_way, "Path", Refusing)
    assert give_way(start().pid, gives_way=True) is settled
