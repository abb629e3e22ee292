"""What all tests share: the folder of real data, and the promise that no test leaves a thread behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers, and the processes that they start, share the cores: one thread each, and none that spins.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Zarr reads through one event loop, whose threads live as long as the process.
THREADS_OF_LIBRARIES = ("zarr_", "asyncio_")

# Python's name for a thread of Qt's pool that ran Python once: tests/widgets looks at the pool itself.
THREADS_OF_QT = "Dummy-"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real microscopy with ground truth; tests that need it skip where it is missing.

    With CYTOUNET_REQUIRE_DATA set they fail instead, so that a complete run cannot pass without them.
    """
    named = os.environ.get("CYTOUNET_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        missing = f"real data is missing: {folder} (set CYTOUNET_DATA to the folder that holds it)"
        if os.environ.get("CYTOUNET_REQUIRE_DATA"):
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that ends while a thread that it started still runs."""
    before = set(threading.enumerate())
    yield
    started = [
        thread
        for thread in threading.enumerate()
        if thread not in before and not thread.name.startswith((*THREADS_OF_LIBRARIES, THREADS_OF_QT))
    ]
    for thread in started:
        thread.join(timeout=1)
    left = [thread.name for thread in started if thread.is_alive()]
    assert not left, f"threads still run after the test: {left}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 kB."""
    mount = shutil.which("mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("mounting a small disk needs the rights of root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607
