"""Files of JSON lines that one process appends to while others read them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import output_error
from napari_cytounet.strict_json import json_line


def append_line(path: Path, values: Mapping[str, Any]) -> None:
    """Append a line and hand it to the operating system; the file is made, its folder is not.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    left = json_line(values).encode()
    try:
        with path.open("ab+", buffering=0) as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # whoever wrote the last line was killed, or had no room
                    left = b"\n" + left
            while left:
                left = left[file.write(left) :]
    except FileNotFoundError as error:
        raise OutputError(f"The folder {path.parent} was deleted: the work in it ends.") from error
    except OSError as error:
        raise output_error(path, error) from error


class LineReader:
    """Reads what was appended since it last looked.

    A file that is not there yet holds no line, nor does the half of one that is still being written; lines
    that are not JSON (of a writer that was killed) are passed over, and a file that became shorter is read
    from its beginning.

    Parameters
    ----------
    path
        The file.
    from_end
        Pass over what it holds now.
    """

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self._path = path
        self._at = path.stat().st_size if from_end and path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """Return the new lines."""
        return [values for values in self.read_all() if values is not None]

    def read_all(self) -> list[dict[str, Any] | None]:
        """Return the new lines, None for each that is damaged: so that lines can be counted."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._at:
                    self._at = 0
                file.seek(self._at)
                new = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return []
        complete = new[: new.rfind(b"\n") + 1]
        self._at += len(complete)
        return [_object(line) for line in complete.split(b"\n")[:-1]]


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None
