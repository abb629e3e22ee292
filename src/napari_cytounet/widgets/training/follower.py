"""The training that this napari watches, whether or not a widget shows it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_error, show_info
from napari.viewer import Viewer
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_cytounet.errors import CytounetError, OutputError
from napari_cytounet.events import Event, Failed, Finished, Previewed, Started
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.text import without_options
from napari_cytounet.widgets.training.preview import TrainingPreview
from napari_cytounet.widgets.training.start import Begun
from napari_cytounet.widgets.training.state import State
from napari_cytounet.widgets.training.task import TrainingTask

POLL_MS = 500
"""Time between two looks at the events of the run.

Whatever changes on the screen makes napari draw its canvas anew, which without a graphics card takes up to
0.1 s: so it is not done at every step.
"""


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes
    ----------
    folder
        Of the run.
    text
        What happened, in few words.
    has_model
        Whether there is a model of it, which is now the chosen one.
    explanation
        Its Dice in a sentence.
    """

    folder: Path
    text: str
    has_model: bool
    explanation: str = ""


class TrainingFollower:
    """Reads what a training in another process says, until its end.

    Parameters
    ----------
    begun
        The training. When the window is closed it is told to stop, unless it goes on alone.
    viewer
        In whose window it is shown as a task, with its preview as a layer.

    Attributes
    ----------
    events
        What it said so far.
    state
        How far it is.
    is_stopping
        Whether it was asked to stop.
    """

    looked = Signal(list)
    """Emitted with the new events, if a look found some."""

    ended = Signal(object)
    """Emitted with the Outcome."""

    def __init__(self, begun: Begun, viewer: Viewer) -> None:
        self.events: list[Event] = list(begun.past)
        self.state = State()
        self.is_stopping = False
        self._running = begun.running
        self._goes_on_alone = begun.goes_on_alone
        self._preview = TrainingPreview(viewer, begun.layers, begun.colours)
        self._task = TrainingTask(viewer, f"training {begun.running.folder.name}", self._leave)
        self._timer = QTimer()
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        """Ask the training to end and keep the best so far; its events tell when that is done.

        Raises
        ------
        OutputError
            If the run's folder is gone, or its disk is full.
        """
        self._running.stop()
        self.is_stopping = True

    def look(self) -> None:
        """Take in what the training said since the last look."""
        last: Finished | Failed | None = None
        new = self._poll()
        if not new:
            return
        for event in new:
            match event:
                case Finished() | Failed():
                    last = event
                case Started():
                    last = None  # what was said of an earlier end is past
            self.state = self.state.after(event)
        self.events += new
        previews = [event for event in new if isinstance(event, Previewed)]
        if previews:
            self._preview.show(previews[-1])
        self._task.advance(self.state.describe(), self.state.fraction)
        self.looked.emit(new)
        if last is not None:
            self._end(last)

    def forget(self) -> None:
        """Look no more; the training goes on."""
        self._timer.stop()
        self._preview.forget()
        self._task.end()
        live_training.clear(self)

    def _poll(self) -> list[Event]:
        try:
            return self._running.poll()
        except (CytounetError, OSError) as error:  # such as a share that is gone
            return [Failed(f"The training in {self._running.folder} can be watched no more: {error}")]

    def _end(self, last: Finished | Failed) -> None:
        self.forget()
        outcome = _outcome(self._running.folder, last)
        self.ended.emit(outcome)

    def _leave(self) -> None:
        """Do what the closing of the window asks for."""
        if not self._goes_on_alone:
            with suppress(OutputError):  # without its folder it ends all the same
                self._running.stop()
        self.forget()


class LiveTraining:
    """The training that is followed, if there is one: one at a time, for it takes all cores that it may."""

    began = Signal(object)
    """Emitted with a TrainingFollower."""

    def __init__(self) -> None:
        self._current: TrainingFollower | None = None

    @property
    def current(self) -> TrainingFollower | None:
        """Who follows it; None if nothing is trained."""
        return self._current

    def begin(self, follower: TrainingFollower) -> None:
        """Show a training in all widgets for it."""
        self._current = follower
        self.began.emit(follower)

    def clear(self, follower: TrainingFollower) -> None:
        """Forget a training."""
        if self._current is follower:
            self._current = None


live_training = LiveTraining()
"""What all windows of this napari share."""


def _outcome(folder: Path, last: Finished | Failed) -> Outcome:
    """Choose the model of a training that ended, and tell the user."""
    if isinstance(last, Failed):
        text = without_options(last.text)
        (show_info if last.stopped else show_error)(text)
        return Outcome(folder, text, has_model=False)
    text = _describe(last.result)
    try:
        chosen = model_choice.choose(folder)
    except CytounetError as error:
        show_error(str(error))
        return Outcome(folder, str(error), has_model=False)
    show_info(f"{text} The best model is {chosen.path}; it is chosen for prediction.")
    kept = f"{text} The model is kept in {folder.name}."
    return Outcome(folder, kept, has_model=True, explanation=last.result.get("explanation", ""))


def _describe(result: dict[str, Any]) -> str:
    how = "Stopped" if result["stopped"] else "Trained"
    dice = "" if result["dice"] is None else f": Dice {result['dice']:.3f}"
    return f"{how} after {result['steps']} steps{dice}."
