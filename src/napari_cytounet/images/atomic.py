"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from napari_cytounet.errors import OutputError
from napari_cytounet.images.leftovers import maker, remove, remove_leftovers

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` to write a file or folder to, and move it over `path` at the end.

    Whatever goes wrong in between, an interruption too, removes the temporary path and leaves `path` as it
    was. The folder is made if it is missing. The temporary name begins with a dot, so that `find_images`
    never takes what a killed process left for an image, and ends in the same suffix. The first time that a
    process writes into a folder, it removes what killed ones left there.

    Parameters
    ----------
    path
        File or folder to write or replace.

    Raises
    ------
    OutputError
        The folder is not writable, or its disk is full.

    Examples
    --------
    >>> import tempfile
    >>> table = Path(tempfile.mkdtemp()) / "table.csv"
    >>> with atomic_path(table) as temporary:
    ...     _ = temporary.write_text("area")
    >>> table.read_text()
    'area'
    """
    path = Path(path)
    temporary = _beside(path, f"{maker()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _tidy(path.parent.resolve())
        yield temporary
        _replace(path, temporary)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        _clean_up(temporary)


@lru_cache(maxsize=1024)
def _tidy(folder: Path) -> None:
    remove_leftovers(folder)


def _beside(path: Path, mark: str) -> Path:
    return path.with_name(f".{path.stem}.{mark}{path.suffix}")


def _replace(path: Path, temporary: Path) -> None:
    if not (path.is_dir() and temporary.is_dir()):
        os.replace(temporary, path)  # noqa: PTH105 named so in every text on atomic writes
        return
    # A folder that holds something cannot be replaced: it steps aside first, and back if that fails.
    aside = _beside(path, secrets.token_hex(4))  # no leftover: it may come to hold all that there is
    path.rename(aside)
    try:
        temporary.rename(path)
    except BaseException:
        aside.rename(path)
        raise
    remove(aside)


def _clean_up(temporary: Path) -> None:
    """Remove what an error or an interruption left.

    A library's threads may still be about to finish a last piece of it: so it is looked for again.
    """
    for pause in (0.0, 0.05, 0.2):
        with suppress(OSError):  # the error that is on its way says more
            if not temporary.exists():
                return
            time.sleep(pause)
            remove(temporary)


def output_error(path: Path, error: OSError) -> OutputError:
    """Return the error for the user when the operating system would not write a file."""
    if error.errno in _FULL:
        text = f"the disk of {path.parent} is full. Free some space, or write to another folder."
    elif error.errno in _FORBIDDEN:
        text = (
            f"the folder {path.parent} is not writable, or the file is in use. Write to another folder, or "
            f"change its permissions ({error})."
        )
    else:
        text = f"cannot be written ({error}). Check the folder {path.parent}, or write to another one."
    return OutputError(f"{path}: {text}")
