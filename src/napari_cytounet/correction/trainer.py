"""The process that learns while somebody paints: takes strokes in, proposes versions, rests and wakes."""

from __future__ import annotations

import math
import os
import platform
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader
from napari_cytounet.correction.learner import prefer_background
from napari_cytounet.correction.requests import Request, RequestReader, Wish
from napari_cytounet.correction.session import read_session
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.versions import check_kept, kept_versions, save_version, version_file
from napari_cytounet.errors import OutputError
from napari_cytounet.events import Event, Finished, Notice, Started, StrokesTaken, VersionProposed, Waiting
from napari_cytounet.runs.event_log import append_event
from napari_cytounet.runs.run_lock import locked
from napari_cytounet.runs.starting_point import starting_network
from napari_cytounet.runs.watch import watching
from napari_cytounet.runs.working import end_in_log
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.devices import Device, choose_device
from napari_cytounet.unet.model import load_model

ROUND_SECONDS = 1.0
"""How long is learnt between two proposals."""

LOOK_SECONDS = 0.05
"""How often a trainer that rests looks for strokes."""

SYNC_SECONDS = 2.0
LATEST = 20
"""Strokes whose first judgement tells how much is found before it is taught."""

ENOUGH_STEPS = 150
"""Steps after the last stroke from which it rests once all strokes are obeyed."""

MOST_STEPS = 3000
"""Steps after the last stroke after which it rests in any case."""


def tutoring(
    folder: Path,
    *,
    device: DeviceSettings = DeviceSettings(),
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
    with locked(folder), watching(folder, cancel, parent), end_in_log(folder):
        chosen = choose_device(device)
        requests = RequestReader(folder, from_end=parent is None)
        with chosen.threads_set():
            for event in _learn(folder, chosen, requests, cancel):
                append_event(folder, event)
                yield event
        append_event(folder, Finished({"session": str(folder)}))


def _learn(
    folder: Path, device: Device, requests: RequestReader, cancel: threading.Event
) -> Generator[Event, None, None]:
    yield Started(os.getpid(), platform.node())
    training = _begin(folder, device)
    journal = JournalReader(SessionFolder(folder).journal)
    loop = _Loop(folder, training, journal)
    paused = False
    synced = time.monotonic()
    while not cancel.is_set():
        for request in requests.read():
            if request.wish is Wish.BRING_BACK:
                yield from loop.bring_back(request)
            else:
                paused = request.wish is Wish.PAUSE
                loop.said = ""
        yield from loop.take()
        if time.monotonic() > synced + SYNC_SECONDS:
            journal.sync()
            synced = time.monotonic()
        reason = loop.nothing_to_do(paused=paused)
        if reason:
            if reason != loop.said:
                loop.said = reason
                names = training.card.classes
                missing = tuple(("background", *names)[value] for value in training.missing_classes)
                yield Waiting(reason, missing if reason == "classes" else ())
            cancel.wait(LOOK_SECONDS)
            continue
        loop.said = ""
        yield from loop.round(cancel)
    journal.sync()


class _Loop:
    """What the loop remembers from round to round."""

    def __init__(self, folder: Path, training: CorrectionTraining, journal: JournalReader) -> None:
        self._folder = folder
        self._training = training
        self._journal = journal
        self._began = 0
        self._pace = math.nan
        self._offset = max(kept_versions(folder), default=0)
        self.said = ""

    def take(self) -> Generator[Event, None, None]:
        """Take in what was painted since the last look."""
        entries = self._journal.read()
        if not entries:
            return
        changes = self._training.take(entries)
        self._began = self._training.steps
        yield StrokesTaken(entries[-1].number, sum(change.contradicted for change in changes))

    def nothing_to_do(self, *, paused: bool) -> str:
        """Return why there is nothing to do, empty if there is."""
        if paused:
            return "paused"
        training = self._training
        if training.missing_classes:
            return "classes"
        taken = training.steps - self._began
        all_obeyed = training.strokes.obeyed == len(training.strokes)
        if taken >= MOST_STEPS or (taken >= ENOUGH_STEPS and all_obeyed):
            return "learnt"
        return ""

    def round(self, cancel: threading.Event) -> Generator[Event, None, None]:
        """Learn for a while, taking in strokes as they come, and propose what was learnt."""
        training = self._training
        until = time.perf_counter() + ROUND_SECONDS
        began, steps = time.perf_counter(), training.steps
        while time.perf_counter() < until and not cancel.is_set():
            for event in self.take():
                yield event
                until = time.perf_counter() + ROUND_SECONDS
            training.learn(1)
        self._pace = (time.perf_counter() - began) / max(1, training.steps - steps)
        if cancel.is_set():
            return
        verdict = training.propose()
        shown = training.shown
        number = self._offset + training.proposals
        if verdict.adopted and shown is not None:
            save_version(self._folder, number, shown.network.state_dict(), training.card)
        known = training.strokes.all()
        first = [stroke.before for stroke in known[-LATEST:] if stroke.before is not None]
        obeyed = training.strokes.obeyed
        left = 0 if obeyed == len(known) else MOST_STEPS - (training.steps - self._began)
        yield VersionProposed(
            version=number,
            adopted=verdict.adopted,
            knows=training.latest,
            obeyed=obeyed,
            strokes=len(known),
            found_before=float(np.mean(first)) if len(first) > 2 else math.nan,
            error=float(np.std(first, ddof=1) / math.sqrt(len(first))) if len(first) > 2 else math.nan,
            seconds=max(0.0, left * self._pace),
        )

    def bring_back(self, request: Request) -> Generator[Event, None, None]:
        """Show a version again, and learn on from it."""
        try:
            file = check_kept(self._folder, request.version or 0)
        except OutputError as error:
            yield Notice(str(error))
            return
        network = load_model(file).network
        training = self._training
        weights = dict(network.state_dict())
        training.restart(network)
        self._began = training.steps
        save_version(self._folder, self._offset + training.proposals, weights, training.card)
        yield Notice(f"Version {request.version} is shown again; learning goes on from it.")


def _begin(folder: Path, device: Device) -> CorrectionTraining:
    """Return the training of a session, with what was learnt before."""
    session = read_session(folder)
    kept = kept_versions(folder)
    start = version_file(folder, kept[-1]) if kept else session.start_from
    network = starting_network(session.card, session.settings.seed, start, freeze_encoder=False)
    if start is None:
        prefer_background(network)
    return CorrectionTraining(
        session.open_images(folder), session.card, network, session.settings, device, begun=bool(kept)
    )
