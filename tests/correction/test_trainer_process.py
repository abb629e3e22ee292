"""The trainer as a process of its own: started, watched, killed, started again, and gone with its parent."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.trainer_process import start_trainer
from napari_cytounet.correction.versions import kept_versions, known_to, version_file
from napari_cytounet.errors import OutputError
from napari_cytounet.events import Event, Failed, Finished, StrokesTaken, VersionProposed, Waiting
from napari_cytounet.runs.child import RunningTraining, follow

Paint = Callable[..., None]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses the signals of POSIX")

PARENT = """
import sys, time
from pathlib import Path
from napari_cytounet.correction.trainer_process import start_trainer

assert "torch" not in sys.modules
running = start_trainer(Path(sys.argv[1]), threads=1)
while running.is_running:
    time.sleep(0.05)
"""


def _until(
    running: RunningTraining, kind: type[Event], wanted: Callable[..., bool] = lambda _: True
) -> list[Event]:
    events: list[Event] = []
    until = time.monotonic() + 120
    while not any(isinstance(event, kind) and wanted(event) for event in events):
        assert time.monotonic() < until, events
        time.sleep(0.02)
        events += running.poll()
    return events


def _ended(running: RunningTraining) -> None:
    until = time.monotonic() + 30
    while running.is_running:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_killed_in_the_middle_it_begins_again_with_every_stroke(
    session: Path, paint: Paint, entry: Callable[..., Entry]
) -> None:
    running = start_trainer(session, threads=1)
    try:
        paint(session)
        _until(running, VersionProposed, lambda event: event.adopted and event.knows == 4)
        with pytest.raises(OutputError, match="already"):
            start_trainer(session, threads=1)
    finally:
        running.kill()
    failed = _until(running, Failed)[-1]
    assert isinstance(failed, Failed)
    assert "was killed (signal 9)" in failed.text
    kept = kept_versions(session)

    paint(session, entry(0, (80, 4, 84, 30), 1))
    again = start_trainer(session, threads=1, less_memory=True)
    try:
        events = _until(again, VersionProposed, lambda event: event.knows == 5)
        assert [event for event in events if isinstance(event, StrokesTaken)] == [StrokesTaken(5, 0)]
        proposed = [event for event in events if isinstance(event, VersionProposed)]
        assert all(event.version > kept[-1] for event in proposed)
        again.stop()
        assert isinstance(_until(again, Finished)[-1], Finished)
    finally:
        again.kill()
        _ended(again)
    assert known_to(version_file(session, kept_versions(session)[-1])) in (4, 5)


def test_it_ends_with_its_parent(session: Path) -> None:
    watched = follow(session)
    with subprocess.Popen([sys.executable, "-c", PARENT, str(session)]) as parent:
        try:
            _until(watched, Waiting)
        finally:
            parent.kill()
    assert isinstance(_until(watched, Finished)[-1], Finished)
    _ended(watched)
