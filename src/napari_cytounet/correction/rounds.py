"""What a trainer does in a session, round by round: takes strokes in, learns, and proposes versions."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import JournalReader
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.versions import check_kept, kept_versions, known_to, save_version
from napari_cytounet.errors import CytounetError
from napari_cytounet.events import Event, Notice, StrokesTaken, VersionProposed
from napari_cytounet.unet.devices import is_out_of_memory, out_of_memory_error
from napari_cytounet.unet.model import load_model

ROUND_STEPS = 10
"""Steps between two proposals, counted from the last stroke.

With 20 a network learnt worse: what it finds least of is drawn more, and that is known from proposals.
"""

ROUND_SECONDS = 1.0
"""The same in seconds, where so many steps take longer."""

LONGEST_ROUND_SECONDS = 2.0
"""The same counted from its beginning: somebody who paints without a pause is to see something too."""

LATEST = 20
"""Strokes whose first judgement tells how much is found before it is taught."""


class RoundLength:
    """Tells when a round is over.

    Parameters
    ----------
    steps
        Taken before it began.
    """

    def __init__(self, steps: int) -> None:
        now = time.perf_counter()
        self._longest = now + LONGEST_ROUND_SECONDS
        self._until, self._enough = now + ROUND_SECONDS, steps + ROUND_STEPS

    def strokes_came(self, steps: int) -> None:
        """Count anew, after so many steps."""
        self._until = min(time.perf_counter() + ROUND_SECONDS, self._longest)
        self._enough = steps + ROUND_STEPS

    def is_over(self, steps: int) -> bool:
        """Whether it is time to propose, after so many steps."""
        return steps >= self._enough or time.perf_counter() >= self._until


class Rounds:
    """The work of a trainer, and what it remembers from round to round.

    Parameters
    ----------
    folder
        Of the session.
    training
        What learns; nothing of the journal was taken in yet.
    """

    def __init__(self, folder: Path, training: CorrectionTraining) -> None:
        self._folder = folder
        self._training = training
        self._journal = JournalReader(SessionFolder(folder).journal)
        self._pace = math.nan
        self._offset = max(kept_versions(folder), default=0)
        self._memory_was_short = False

    def take(self) -> Generator[Event, None, None]:
        """Take in what was painted since the last look."""
        entries = self._journal.read()
        if not entries:
            return
        changes = self._training.take(entries)
        yield StrokesTaken(entries[-1].number, sum(change.contradicted for change in changes))

    def sync(self) -> None:
        """Have the disk hold what was painted."""
        self._journal.sync()

    @property
    def nothing_to_do(self) -> str:
        """Why there is nothing to learn, empty if there is: see `Waiting`."""
        if self._training.missing_classes:
            return "classes"
        return "" if self._training.steps_left else "learnt"

    def learn(self, cancel: threading.Event) -> Generator[Event, None, None]:
        """Learn for a round and propose what was learnt; once more with fewer patches if memory is short."""
        try:
            yield from self._learn(cancel)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if self._memory_was_short:
                raise out_of_memory_error(
                    "learning from strokes",
                    "What was painted and learnt is kept: close other programs and start again, or begin a "
                    "session with a narrower network.",
                ) from error
            self._memory_was_short = True
            count = self._training.use_less_memory()
            yield Notice(f"Not enough memory: going on with {count} patches a step.")

    def _learn(self, cancel: threading.Event) -> Generator[Event, None, None]:
        training = self._training
        began, steps = time.perf_counter(), training.steps
        length = RoundLength(steps)
        while not length.is_over(training.steps) and not cancel.is_set():
            for event in self.take():
                yield event
                length.strokes_came(training.steps)
            if training.missing_classes:  # everything of a class was undone
                return
            if not training.steps_left:
                break
            training.learn(1)
        self._pace = (time.perf_counter() - began) / max(1, training.steps - steps)
        if not cancel.is_set():
            yield self._propose()

    def _propose(self) -> VersionProposed:
        """Have what was learnt judged, and keep it if it was adopted."""
        training = self._training
        verdict = training.propose()
        number = self._offset + training.proposals
        if verdict.adopted and training.shown is not None:
            weights = training.shown.network.state_dict()
            save_version(self._folder, number, weights, training.card, knows=training.shown.knows)
        first = [stroke.before for stroke in training.strokes.all()[-LATEST:] if stroke.before is not None]
        return VersionProposed(
            version=number,
            adopted=verdict.adopted,
            knows=training.latest,
            obeyed=training.strokes.obeyed,
            strokes=training.strokes.judged,
            found_before=float(np.mean(first)) if len(first) > 2 else math.nan,
            error=float(np.std(first, ddof=1) / math.sqrt(len(first))) if len(first) > 2 else math.nan,
            seconds=training.steps_left * self._pace,
        )

    def bring_back(self, version: int) -> Generator[Event, None, None]:
        """Show a version again, and learn on from it."""
        training = self._training
        try:
            file = check_kept(self._folder, version)
            network, known = load_model(file).network, known_to(file)
        except CytounetError as error:
            yield Notice(str(error))
            return
        weights = {name: values.clone() for name, values in network.state_dict().items()}
        training.restart(network, known)
        number = self._offset + training.proposals
        save_version(self._folder, number, weights, training.card, knows=known)
        yield Notice(f"Version {version} is shown again, as version {number}; learning goes on from it.")
