"""One process at a time works in a folder."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.runs import run_lock
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.run_lock import Holder, beat, lock_holder, locked

CHILD = """
import sys, time
from pathlib import Path
from napari_cytounet.runs.run_lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


def _write_holder(folder: Path, host: str, age: float) -> None:
    file = folder / "lock"
    file.write_text(json.dumps({"pid": 123, "host": host}))
    os.utime(file, (time.time() - age,) * 2)


def test_a_lock_is_held_by_one_and_named() -> None:
    assert Holder(1, platform.node()).is_here
    assert not Holder(1, "elsewhere").is_here


def test_a_second_one_is_refused_until_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "PATIENCE", 0.1)
    assert lock_holder(tmp_path) is None
    with locked(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid(), platform.node())
        message = rf"is being trained already by process {os.getpid()} on {platform.node()}\. Stop"
        with pytest.raises(OutputError, match=message), locked(tmp_path):
            pass
        assert lock_holder(tmp_path) is not None
    assert lock_holder(tmp_path) is None
    with locked(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"locked\n"
            assert lock_holder(tmp_path) == Holder(child.pid, platform.node())
        finally:
            child.send_signal(signal.SIGKILL)
        child.wait()
    assert lock_holder(tmp_path) is None
    with locked(tmp_path):
        assert lock_holder(tmp_path) == Holder(os.getpid(), platform.node())


def test_looking_at_a_lock_does_not_keep_anybody_from_taking_it(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    with (tmp_path / "lock").open("rb") as file:
        assert run_lock._try(file, shared=True)
        assert lock_holder(tmp_path) is None
    with locked(tmp_path):
        pass


def test_a_process_on_another_computer_is_seen_by_its_heartbeat(tmp_path: Path) -> None:
    _write_holder(tmp_path, "elsewhere", age=run_lock.DEAD_AFTER / 2)
    assert lock_holder(tmp_path) == Holder(123, "elsewhere")
    with pytest.raises(OutputError, match="by process 123 on elsewhere"), locked(tmp_path):
        pass
    _write_holder(tmp_path, "elsewhere", age=run_lock.DEAD_AFTER + 1)
    assert lock_holder(tmp_path) is None
    beat(RunFolder(tmp_path).lock)
    assert lock_holder(tmp_path) == Holder(123, "elsewhere")


def test_on_this_computer_the_kernel_knows_better_than_the_heartbeat(tmp_path: Path) -> None:
    _write_holder(tmp_path, platform.node(), age=0)
    assert lock_holder(tmp_path) is None
    with locked(tmp_path):
        pass


def test_a_lock_that_is_none_of_ours_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "PATIENCE", 0.1)
    with (tmp_path / "lock").open("wb") as file:
        assert run_lock._try(file, shared=False)
        with pytest.raises(OutputError, match="not by a training"):
            lock_holder(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert lock_holder(tmp_path / "nowhere") is None
    with pytest.raises(OutputError, match="nowhere cannot be worked in"), locked(tmp_path / "nowhere"):
        pass
