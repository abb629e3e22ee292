"""What killed processes left is removed; what anyone may still be writing stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from napari_cytounet.images import leftovers
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.leftovers import maker, remove_leftovers

KILLED = """
import os, sys
from pathlib import Path
from napari_cytounet.images.atomic import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os._exit(9)
"""


def _age(path: Path) -> None:
    long_ago = time.time() - 2 * leftovers.QUIET_SECONDS
    os.utime(path, (long_ago, long_ago))


def _left(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("half")
    _age(path)
    return path


def _gone() -> int:
    """Return the number of no process."""
    return next(number for number in range(99_999, 0, -1) if not psutil.pid_exists(number))


def test_what_a_killed_process_was_writing_goes_at_the_next_write(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "cells.tif")], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".cells.")
    assert left.suffix == ".tif"
    _age(left)
    with atomic_path(tmp_path / "other.tif") as temporary:
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other.tif"]


def test_a_folder_goes_with_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / f".predicting-{maker().split('-')[0]}-{_gone()}-abc_123x"
    folder.mkdir()
    (folder / "probabilities.tif").write_text("half")
    _age(folder)
    remove_leftovers(tmp_path)
    assert not folder.exists()


def test_what_was_touched_lately_stays(tmp_path: Path) -> None:
    path = tmp_path / f".cells.{maker().split('-')[0]}-{_gone()}-0123abcd.tif"
    path.write_text("half")
    remove_leftovers(tmp_path)
    assert path.exists()


@pytest.mark.parametrize(
    "name",
    [
        f".cells.{maker()}-0123abcd.tif",  # of this process
        f".cells.00000000-{_gone()}-0123abcd.tif",  # of another computer that shares the folder
        ".cells.0123abcd.zarr",  # a folder that stepped aside
        f"cells.{maker().split('-')[0]}-{_gone()}-0123abcd.tif",
        ".bashrc",
    ],
    ids=["its own", "of another computer", "a folder that stepped aside", "not hidden", "of somebody else"],
)
def test_what_is_not_left_by_a_process_that_is_gone_stays(tmp_path: Path, name: str) -> None:
    path = _left(tmp_path, name)
    remove_leftovers(tmp_path)
    assert path.exists()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    remove_leftovers(tmp_path / "none")
