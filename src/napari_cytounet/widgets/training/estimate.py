"""How many steps a training will take in its time, said before it begins."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Generator

from magicgui.widgets import Container, PushButton
from qtpy.QtCore import QTimer

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, Progress
from napari_cytounet.runs.estimate import Estimate, estimate, estimate_at, read_speed, speed_command
from napari_cytounet.settings import TrainSettings
from napari_cytounet.widgets.jobs import Job
from napari_cytounet.widgets.latest import Latest
from napari_cytounet.widgets.preferences import runs_folder
from napari_cytounet.widgets.text import Text

PAUSE_MS = 300
"""How long a hand must rest on the fields before runs are looked through."""

UNKNOWN = "How many steps that gives is not known yet on this computer."


class TrainingEstimate(Container):  # type: ignore[type-arg]
    """A line that says what the time is good for, from earlier runs or measured at a press.

    Parameters
    ----------
    settings
        Returns the settings that the fields say; None if they cannot be.
    """

    def __init__(self, settings: Callable[[], TrainSettings | None]) -> None:
        self.line = Text()
        self.button = PushButton(
            text="Measure it",
            tooltip="Trains on noise for a few seconds, in a process of its own.",
            visible=False,
        )
        super().__init__(widgets=[self.line, self.button], labels=False)
        self.margins = (0, 0, 0, 0)
        self._settings = settings
        self._measured: tuple[str, float] | None = None
        self._job: Job[float] | None = None
        self._looking: Latest[Estimate | None] = Latest(self._show, self._say)
        self._pause = QTimer(self.native)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self.button.clicked.connect(self.measure)
        self.native.destroyed.connect(self._looking.forget)

    def look_soon(self) -> None:
        """Look anew once the fields rest."""
        self._pause.start()

    def measure(self) -> None:
        """Measure the speed of the settings in a process of its own."""
        settings = self._settings()
        if settings is None or self._job is not None:
            return
        self.button.enabled = False
        self.line.say("Measuring …")
        self._job = Job(
            lambda cancel: _measure(settings, cancel),
            title="measuring the speed of a training",
            owner=self,
            on_result=lambda speed: self._remember(settings, speed),
            on_end=self._end,
        )
        self._job.start()

    def _look(self) -> None:
        settings, folder = self._settings(), runs_folder()
        if settings is None:
            return
        if self._measured is not None and self._measured[0] == _speed_of(settings):
            self._show(estimate_at(self._measured[1], settings, "measured just now"))
            return
        self._looking.ask(lambda _: estimate(settings, folder, settings.device.threads))

    def _show(self, found: Estimate | None) -> None:
        self.line.say(UNKNOWN if found is None else describe_estimate(found))
        self.button.visible = found is None

    def _say(self, text: str) -> None:
        self.line.say(text)

    def _remember(self, settings: TrainSettings, speed: float) -> None:
        self._measured = _speed_of(settings), speed

    def _end(self) -> None:
        self._job = None
        self.button.enabled = True
        self._look()


def describe_estimate(found: Estimate) -> str:
    """Say in a line what a training will take.

    Examples
    --------
    >>> describe_estimate(Estimate(0.0672, 890, 60.0, "measured just now"))
    'About 890 steps at 0.067 s each on this computer, 1 minute (measured just now).'
    """
    minutes = found.seconds / 60
    time = f"{minutes:.2g} minute{'' if round(minutes, 1) == 1 else 's'}"
    speed = f"{found.steps} steps at {found.seconds_per_step:.2g} s each"
    return f"About {speed} on this computer, {time} ({found.source})."


def _speed_of(settings: TrainSettings) -> str:
    """Return what the length of a step depends on."""
    chosen = settings.with_preset()
    patches = chosen.training.batch_size, chosen.training.patch_size
    return f"{chosen.network}{patches}{chosen.optimiser}{chosen.device}"


def _measure(settings: TrainSettings, cancel: threading.Event) -> Generator[Event, None, float]:
    command = speed_command(settings.with_preset(), settings.device.threads)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 our own program
        while process.poll() is None:
            yield Progress("measuring the speed of a training", 0, 0)
            if cancel.wait(0.1):
                process.kill()
                raise Cancelled("The measurement was stopped.")
        output, errors = process.communicate()
    if process.returncode:
        raise OutputError(
            f"The speed of a training could not be measured: {errors.strip() or output.strip()}"
        )
    return read_speed(output)
