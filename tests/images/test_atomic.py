from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path


def test_a_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.csv"
    with atomic_path(path) as temporary:
        temporary.write_text("area")
        assert temporary.parent == path.parent
        assert temporary.suffix == ".csv"
        assert temporary.name.startswith(".")
        assert not path.exists()
    assert [entry.name for entry in path.parent.iterdir()] == ["table.csv"]


def write_half_a_file(path: Path, error: BaseException) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        raise error


def write_half_a_folder(path: Path, error: BaseException) -> None:
    with atomic_path(path) as temporary:
        temporary.mkdir()
        (temporary / "half").touch()
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_whatever_goes_wrong_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(error):
        write_half_a_file(path, error())
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["old"]


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "image.zarr"
    for content in ("old", "new"):
        with atomic_path(path) as temporary:
            temporary.mkdir()
            (temporary / content).touch()
    assert [entry.relative_to(tmp_path).as_posix() for entry in tmp_path.rglob("*")] == [
        "image.zarr",
        "image.zarr/new",
    ]


def test_a_folder_stays_if_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "image.zarr"
    path.mkdir()
    with pytest.raises(OutputError):
        write_half_a_folder(path, OSError(errno.EIO, "broken cable"))
    assert list(tmp_path.rglob("*")) == [path]


def test_a_file_never_replaces_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").touch()
    with pytest.raises(OutputError, match="mine"), atomic_path(tmp_path / "mine") as temporary:
        temporary.touch()
    assert (tmp_path / "mine" / "thesis.doc").exists()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, "full"),
        (errno.EACCES, "not writable"),
        (errno.EROFS, "not writable"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_errors_of_the_system_say_what_to_do(tmp_path: Path, code: int, text: str) -> None:
    with pytest.raises(OutputError, match=text) as error, atomic_path(tmp_path / "a.tif"):
        raise OSError(code, os.strerror(code))
    assert str(tmp_path) in str(error.value)


def test_a_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="out"), atomic_path(tmp_path / "out" / "a.tif") as temporary:
        temporary.touch()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop this user")
def test_a_folder_that_is_not_writable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="not writable"), atomic_path(tmp_path / "a.tif") as temporary:
            temporary.touch()
    finally:
        tmp_path.chmod(0o700)
