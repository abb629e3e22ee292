from __future__ import annotations

import gc
import hashlib
import socket
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from napari_cytounet.errors import Cancelled, SampleError
from napari_cytounet.events import Progress
from napari_cytounet.images.samples import bbbc030
from napari_cytounet.images.samples.bbbc030 import (
    MIRROR_VARIABLE,
    URL,
    fetch_bbbc030,
    fetching_bbbc030,
    registry,
)

CONTENTS = {
    "train/images/a.png": b"first",
    "train/outlines/a.png": b"second",
    "validation/images/b.png": b"third",
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Three files served on this machine in place of GitHub; returns their folder."""
    folder = tmp_path / "served"
    for name, content in CONTENTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(bbbc030, "registry", lambda: hashes)
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as running:
        monkeypatch.setattr(bbbc030, "URL", f"http://127.0.0.1:{running.server_port}/")
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield folder
        running.shutdown()
        thread.join()
    with warnings.catch_warnings():  # pooch leaves the socket of an answer that it refuses to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _below(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_registry_lists_every_file_of_the_pinned_commit() -> None:
    names = list(registry())
    for part, numbers in (("train", range(21, 41)), ("validation", range(1, 21))):
        for folder in ("images", "outlines", "new_outlines"):
            expected = [f"{part}/{folder}/cho{number:02}.png" for number in numbers]
            assert sorted(name for name in names if name.startswith(f"{part}/{folder}/")) == expected
    assert len(names) == 120
    assert all(len(bytes.fromhex(digest)) == 32 for digest in registry().values())
    assert URL.endswith("/b55a088b65f6e26327c0188e047ff849ccb927b2/examples/BBBC030_v1/")


def test_the_mirror_is_used_in_place(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, str(data))
    folder = fetch_bbbc030()
    assert folder == data / "bbbc030"
    for name, digest in registry().items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_an_incomplete_mirror_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bbbc030" / "train").mkdir(parents=True)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    with pytest.raises(SampleError, match=r"lacks 120 files, such as train/images/cho21\.png"):
        fetch_bbbc030()


def test_files_are_downloaded_once(server: Path) -> None:
    folder = fetch_bbbc030()
    assert _below(folder) == CONTENTS
    (server / "train/images/a.png").unlink()
    assert fetch_bbbc030() == folder


def test_it_says_how_far_it_is_and_what_was_fetched_before_a_stop_is_kept(
    server: Path, tmp_path: Path
) -> None:
    cancel = threading.Event()
    job = fetching_bbbc030(cancel)
    assert next(job) == Progress("files of BBBC030", 1, 3)
    cancel.set()
    with pytest.raises(Cancelled, match="Stopped after 1 of 3 files"):
        next(job)
    kept = _below(tmp_path / "cache" / "bbbc030")
    assert kept
    assert kept.items() <= CONTENTS.items()


def test_a_mirror_without_bbbc030_is_passed_over(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    assert _below(fetch_bbbc030()) == CONTENTS


def test_a_damaged_file_is_not_kept_and_is_fetched_again(server: Path, tmp_path: Path) -> None:
    (server / "train/images/a.png").write_bytes(b"please log in")
    with pytest.raises(SampleError, match="came damaged"):
        fetch_bbbc030()
    assert "train/images/a.png" not in _below(tmp_path / "cache" / "bbbc030")
    (server / "train/images/a.png").write_bytes(b"first")
    assert _below(fetch_bbbc030()) == CONTENTS


def test_a_file_missing_on_the_server(server: Path) -> None:
    (server / "validation/images/b.png").unlink()
    with pytest.raises(SampleError, match=r"HTTPError.*Check the connection"):
        fetch_bbbc030()


def test_no_network(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(bbbc030, "URL", f"http://127.0.0.1:{unused.getsockname()[1]}/")
        with pytest.raises(
            SampleError, match=rf"ConnectionError.*{MIRROR_VARIABLE}.*Synthetic cells need no network"
        ):
            fetch_bbbc030()


def test_a_cache_that_cannot_be_written(server: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SampleError, match="cannot be kept in"):
        fetch_bbbc030()
