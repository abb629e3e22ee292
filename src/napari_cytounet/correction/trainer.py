"""The process that learns while somebody paints: begins where it left off, rests and wakes."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Generator
from pathlib import Path

from napari_cytounet.correction.learner import prefer_background
from napari_cytounet.correction.requests import RequestReader, Wish
from napari_cytounet.correction.rounds import Rounds
from napari_cytounet.correction.session import check_session, read_session
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.versions import kept_versions, known_to, version_file
from napari_cytounet.errors import ImageError, ModelFileError
from napari_cytounet.events import Event, Finished, Notice, Started, Waiting
from napari_cytounet.runs.event_log import append_event
from napari_cytounet.runs.run_lock import locked
from napari_cytounet.runs.starting_point import starting_network
from napari_cytounet.runs.watch import watching
from napari_cytounet.runs.working import end_in_log
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.devices import Device, choose_device, is_device_lost

LOOK_SECONDS = 0.05
"""How often a trainer that rests looks for strokes."""

SYNC_SECONDS = 2.0


def tutoring(
    folder: Path,
    *,
    device: DeviceSettings = DeviceSettings(),
    less_memory: bool = False,
    parent: int | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, None]:
    """Learn from the strokes of a session until told to stop.

    Parameters
    ----------
    folder
        Of the session.
    device
        Where to compute.
    less_memory
        Learn from half as many patches a step: after a trainer was killed for want of memory.
    parent
        Process that this one ends with.
    cancel
        Set it to stop; so do the commands in the folder.

    Yields
    ------
    Event
        Started, StrokesTaken, VersionProposed, Waiting and Notice; the log of the session tells them too.

    Raises
    ------
    CytounetError
        With what is wrong; the log tells it too.
    """
    cancel = cancel or threading.Event()
    check_session(folder)
    with locked(folder), watching(folder, cancel, parent), end_in_log(folder):
        requests = RequestReader(folder, from_end=parent is None)
        for event in _on_any_device(folder, device, requests, cancel, less_memory=less_memory):
            append_event(folder, event)
            yield event
        append_event(folder, Finished({"session": str(folder)}))


def _on_any_device(
    folder: Path,
    settings: DeviceSettings,
    requests: RequestReader,
    cancel: threading.Event,
    *,
    less_memory: bool,
) -> Generator[Event, None, None]:
    """Learn, and go on with the processor if the graphics card is lost."""
    yield Started(os.getpid(), platform.node())
    chosen = choose_device(settings)
    name = chosen.name
    try:
        with chosen.threads_set():
            yield from _learn(folder, chosen, requests, cancel, less_memory=less_memory)
    except RuntimeError as error:
        if not is_device_lost(error):
            raise
        yield Notice(
            f"{name} does not answer any more: going on with the processor, from the latest version. "
            "To use it again, start the trainer anew."
        )
        processor = choose_device(settings.model_copy(update={"device": "cpu", "mixed_precision": "off"}))
        with processor.threads_set():
            yield from _learn(folder, processor, requests, cancel, less_memory=less_memory)


def _learn(
    folder: Path, device: Device, requests: RequestReader, cancel: threading.Event, *, less_memory: bool
) -> Generator[Event, None, None]:
    training = yield from _begin(folder, device)
    if less_memory:
        training.use_less_memory()
    rounds = Rounds(folder, training)
    paused = False
    said: Waiting | None = None
    synced = time.monotonic()
    while not cancel.is_set():
        for request in requests.read():
            if request.wish is Wish.BRING_BACK:
                yield from rounds.bring_back(request.version or 0)
            else:
                paused = request.wish is Wish.PAUSE
            said = None
        yield from rounds.take()
        if time.monotonic() > synced + SYNC_SECONDS:
            rounds.sync()
            synced = time.monotonic()
        reason = "paused" if paused else rounds.nothing_to_do
        if not reason:
            said = None
            yield from rounds.learn(cancel)
            continue
        waiting = Waiting(reason, _missing(training) if reason == "classes" else ())
        if waiting != said:
            said = waiting
            yield waiting
        cancel.wait(LOOK_SECONDS)
    rounds.sync()


def _missing(training: CorrectionTraining) -> tuple[str, ...]:
    names = ("background", *training.card.classes)
    return tuple(names[value] for value in training.missing_classes)


def _begin(folder: Path, device: Device) -> Generator[Event, None, CorrectionTraining]:
    """Return the training of a session, with what was learnt before."""
    session = read_session(folder)
    images = session.open_images(folder)
    if changed := session.changed_images(folder):
        raise ImageError(
            f"{', '.join(map(str, changed))}: not the image that the session began with, so its strokes may "
            "lie in wrong places. Put the former file back, or open the session in napari and say that the "
            "strokes still fit."
        )
    for number in reversed(kept_versions(folder)):
        file = version_file(folder, number)
        try:
            known = known_to(file)
            network = starting_network(session.card, session.settings.seed, file, freeze_encoder=False)
        except ModelFileError as error:
            yield Notice(f"{error} Going on from the version before.")
            continue
        return CorrectionTraining(images, session.card, network, session.settings, device, known=known)
    start = None if session.start_from is None else folder / session.start_from
    network = starting_network(session.card, session.settings.seed, start, freeze_encoder=False)
    if start is None:
        prefer_background(network)
    return CorrectionTraining(images, session.card, network, session.settings, device)
