"""Where the user looked last in a session, and which places were visited: kept in its folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.settings import Settings


class Visit(Settings):
    """How often a square of a plane was visited.

    Attributes
    ----------
    image, index
        The plane.
    row, column
        Of the square.
    times
        How often.
    """

    image: int
    index: tuple[int, ...] = ()
    row: int
    column: int
    times: int


class ViewMemory(Settings):
    """What is remembered of the view.

    Attributes
    ----------
    image
        Place in the session of the image that is shown.
    center, zoom
        Of the camera; None before anything was looked at.
    point
        Of the sliders, in the viewer's world.
    visits
        Places that were visited.
    """

    image: int = 0
    center: tuple[float, ...] | None = None
    zoom: float | None = None
    point: tuple[float, ...] = ()
    visits: tuple[Visit, ...] = ()


def read_view(folder: Path) -> ViewMemory:
    """Return what is remembered; nothing where the file is missing or damaged: only the view is lost."""
    with suppress(OSError, ValueError):
        return ViewMemory.model_validate_json(SessionFolder(folder).view.read_text(encoding="utf-8"))
    return ViewMemory()


def write_view(folder: Path, view: ViewMemory) -> None:
    """Remember a view; where it cannot be written, the journal's error says so soon enough."""
    with suppress(OutputError, OSError):
        if folder.is_dir():
            with atomic_path(SessionFolder(folder).view) as temporary:
                temporary.write_text(view.model_dump_json(indent=2) + "\n", encoding="utf-8")
