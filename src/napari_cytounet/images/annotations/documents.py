"""Text files that hold annotations: read as JSON, and what is wrong in them named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari_cytounet.errors import ImageError


class NoAnnotationsError(ImageError):
    """A file is something else than annotations: beside others in a folder it is passed over."""


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    ImageError
        If it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ImageError(f"is no JSON, or cut off ({error}). Copy or export it again.") from error


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """Turn whatever is missing or wrong in one entry of a file into an ImageError that names the entry."""
    try:
        yield
    except KeyError as error:
        raise ImageError(f"{what} has no {error}. Export it again, or correct it.") from error
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise ImageError(f"{what} cannot be understood: {error}. Export it again, or correct it.") from error


def whole(value: object) -> int:
    """Return a whole number; some programs write 3 as 3.0.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> whole(3.0)
    3
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(f"{value!r} is no whole number")
    return int(value)
