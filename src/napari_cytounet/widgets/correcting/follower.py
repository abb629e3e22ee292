"""The trainer of the session that is open: followed, paused, and restarted once if it dies."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_cytounet.correction.requests import Request, Wish, send_request
from napari_cytounet.correction.trainer_process import start_trainer
from napari_cytounet.errors import CytounetError, OutputError
from napari_cytounet.events import Failed, Finished, Notice, VersionProposed
from napari_cytounet.runs.child import RunningTraining
from napari_cytounet.widgets.correcting.state import State

POLL_MS = 200
"""Time between two looks at what the trainer says: part of the way from a stroke to its view."""

SILENCE_SECONDS = 90.0
"""A trainer that learns and says nothing for so long hangs: it says something every second or two."""

RESTARTED = "The trainer ended suddenly, and was started again: nothing that was painted is lost."
DIED_AGAIN = "It was restarted once already. Nothing that was painted is lost: press Go on to try again."


class TrainerFollower:
    """Reads what the trainer of a session says.

    Parameters
    ----------
    folder
        Of the session.
    running
        The trainer.
    is_ours
        Whether it was started here; one that somebody else started goes on when this session is left.
    threads
        Cores that it gets when it is started again.

    Attributes
    ----------
    state
        How far it is.
    is_paused
        Whether it was asked to pause.
    """

    looked = Signal(list)
    """Emitted with new events."""
    said = Signal(str)
    """Emitted with what the user should know."""

    def __init__(self, folder: Path, running: RunningTraining, threads: int | None, *, is_ours: bool) -> None:
        self._folder, self._running, self._threads = folder, running, threads
        self._is_ours = is_ours
        self._was_restarted = self._takes_over = False
        self._heard = time.monotonic()
        self.state = State()
        self.is_paused = False
        self._timer = QTimer()
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @property
    def has_ended(self) -> bool:
        """Whether there is no trainer any more."""
        return not self._timer.isActive()

    def look(self) -> None:
        """Take in what was said since the last look."""
        if self._takes_over:
            self._take_over()
            return
        try:
            new = self._running.poll()
        except (CytounetError, OSError) as error:  # such as a share that is gone
            new = [Failed(f"The trainer in {self._folder} can be watched no more: {error}")]
        if not new:
            self._end_if_it_hangs()
            return
        self._heard = time.monotonic()
        for event in new:
            self.state = self.state.after(event)
            if isinstance(event, VersionProposed):
                self._was_restarted = False
            if isinstance(event, Notice):
                self.said.emit(event.text)
        last = new[-1]
        if isinstance(last, Failed):
            self._timer.stop()
            self._restart_once(last.text)
        self._takes_over = isinstance(last, Finished)  # it was not told to end by this window
        self.looked.emit(new)

    def ask(self, wish: Wish, version: int | None = None) -> None:
        """Ask the trainer for something.

        Raises
        ------
        OutputError
            If the session's folder is gone, or its disk is full.
        """
        if self.has_ended:
            self.start()
        send_request(self._folder, Request(wish, version))
        if wish is not Wish.BRING_BACK:
            self.is_paused = wish is Wish.PAUSE

    def start(self, *, less_memory: bool = False) -> None:
        """Start the trainer again.

        Parameters
        ----------
        less_memory
            Learn from fewer patches a step: what ends a trainer suddenly is mostly a want of memory.

        Raises
        ------
        OutputError
            If it cannot be started.
        """
        self._running = start_trainer(self._folder, threads=self._threads, less_memory=less_memory)
        self._is_ours = True
        self._takes_over = False
        self._heard = time.monotonic()
        self.state = State(version=self.state.version, obeyed=self.state.obeyed, strokes=self.state.strokes)
        self.is_paused = False
        self._timer.start()

    def give_way(self, *, gives_way: bool) -> bool:
        """Have the trainer wait where this window wants the processor, or no longer.

        Returns
        -------
        bool
            Whether that is settled, or must be asked once more.
        """
        return self._running.give_way(gives_way=gives_way)

    def leave(self) -> None:
        """Tell the trainer to end, and follow it no more."""
        self._timer.stop()
        if not self._is_ours:
            return
        with suppress(OutputError):  # without its folder it ends all the same
            self._running.stop()
        _see_off(self._running)

    def _take_over(self) -> None:
        """Start a trainer of this window after that of somebody else, or of an earlier window, has ended."""
        with suppress(OutputError):  # it has not let go of the folder yet: the next look tries again
            self.start()

    def _restart_once(self, text: str) -> None:
        if self._was_restarted or not self._folder.is_dir():
            self.said.emit(f"{text}\n{DIED_AGAIN}" if self._folder.is_dir() else text)
            return
        try:
            self.start(less_memory=True)
        except OutputError as error:
            self.said.emit(f"{text}\n{error}")
            return
        self._was_restarted = True
        self.said.emit(RESTARTED)

    def _end_if_it_hangs(self) -> None:
        """End a trainer that has something to do and says nothing: it is started again like one that died."""
        silent = time.monotonic() - self._heard > SILENCE_SECONDS
        if silent and self.state.doing == "learning":
            self._heard = time.monotonic()
            with suppress(OutputError):  # it runs on another computer: whoever sits there must end it
                self._running.kill()


def _see_off(running: RunningTraining) -> None:
    """Hold on to a process until it has ended, so that the system can let go of it."""
    if running.is_running:
        QTimer.singleShot(POLL_MS, partial(_see_off, running))
