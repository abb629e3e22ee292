"""Beginning a session, or opening one that was begun: the work of a thread, before anything is shown."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Image as ImageLayer

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, Progress
from napari_cytounet.runs.child import RunningTraining, follow
from napari_cytounet.runs.run_lock import held, lock_holder
from napari_cytounet.settings import CorrectionSettings
from napari_cytounet.widgets.correcting.layer_file import file_of_layer
from napari_cytounet.widgets.correcting.view_memory import ViewMemory, read_view
from napari_cytounet.widgets.layers import image_of_layer
from napari_cytounet.widgets.new_folders import file_name

if TYPE_CHECKING:
    from napari_cytounet.correction.session import Session
    from napari_cytounet.images.image import Image

SECOND_WINDOW = "Another window paints in this session{by}: here it can be looked at only."


@dataclass(frozen=True)
class NewSession:
    """A session that the user asks for.

    Attributes
    ----------
    layer, files
        What is corrected: an image layer, or an image or a folder of images.
    settings, start_from
        See `create_session`.
    name
        What the session is called after.
    """

    settings: CorrectionSettings
    name: str
    layer: ImageLayer | None = None
    files: Path | None = None
    start_from: Path | None = None


@dataclass(frozen=True, eq=False)
class Opened:
    """A session that is open.

    Attributes
    ----------
    folder, session, images
        What is corrected.
    ledger
        What is painted.
    running
        The trainer; None where the session is read only.
    is_ours
        Whether the trainer was started here.
    lock
        Held as long as the session is painted in.
    layer
        That the first image was taken from.
    view
        Where the user looked last.
    read_only
        Why nothing can be painted, empty if it can.
    """

    folder: Path
    session: Session
    images: list[Image]
    ledger: Ledger
    running: RunningTraining | None
    is_ours: bool
    lock: ExitStack
    layer: ImageLayer | None
    view: ViewMemory
    read_only: str = ""


@dataclass(frozen=True)
class Changed:
    """A session that was not opened, since images are not what they were."""

    folder: Path
    files: list[Path] = field(default_factory=list)


def begin(
    new: NewSession, folder: Path, threads: int | None, cancel: threading.Event
) -> Generator[Event, None, Opened | Changed]:
    """Begin a session in a new folder, and open it.

    Raises
    ------
    CytounetError
        With what is missing or does not fit; nothing is left behind.
    """
    from napari_cytounet.correction.session import create_session  # here: it loads torch
    from napari_cytounet.images.reading import find_images

    yield Progress("looking at the images", 0, 1)
    was_there = folder.exists()
    try:
        if new.layer is not None:
            image = image_of_layer(new.layer)
            source = new.layer.source.path
            data = SessionFolder(folder).data
            files = [(yield from file_of_layer(image, source, data, file_name(new.name), cancel))]
        else:
            files = find_images(new.files or Path())
        create_session(folder, files, settings=new.settings, start_from=new.start_from)
    except BaseException:
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return (yield from opening(folder, threads, cancel, layer=new.layer, take_as_they_are=True))


def opening(
    folder: Path,
    threads: int | None,
    cancel: threading.Event,
    *,
    layer: ImageLayer | None = None,
    take_as_they_are: bool = False,
) -> Generator[Event, None, Opened | Changed]:
    """Open a session: read its journal and start its trainer.

    Parameters
    ----------
    folder
        Of the session.
    threads
        Cores for the trainer.
    cancel
        Looked at before the trainer is started: nobody would end it.
    layer
        The layer that shows the first image, if there is one.
    take_as_they_are
        Open it even if images were changed since it began.

    Raises
    ------
    CytounetError
        If there is none, or an image cannot be read.
    """
    from napari_cytounet.correction.session import accept_images, read_session
    from napari_cytounet.correction.trainer_process import start_trainer

    yield Progress("opening the session", 0, 1)
    session = read_session(folder)
    images = session.open_images(folder)
    changed = session.changed_images(folder)
    if changed and not take_as_they_are:
        return Changed(folder, changed)
    if cancel.is_set():
        raise Cancelled("Stopped before the session was open.")
    lock, read_only = ExitStack(), ""
    try:
        lock.enter_context(held(SessionFolder(folder).window_lock, lambda by: SECOND_WINDOW.format(by=by)))
    except OutputError as error:
        read_only = str(error)
    try:
        ledger = Ledger(folder)
        running, is_ours = None, False
        if changed and not read_only:
            session = accept_images(folder)
        if not read_only:
            is_ours = lock_holder(folder) is None
            running = start_trainer(folder, threads=threads) if is_ours else follow(folder)
    except BaseException:
        lock.close()
        raise
    view = read_view(folder)
    return Opened(folder, session, images, ledger, running, is_ours, lock, layer, view, read_only)
