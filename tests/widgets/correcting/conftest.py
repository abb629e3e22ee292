"""What tests of the widget that corrects share: sessions, and a trainer that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.correction import trainer_process
from napari_cytounet.correction.session import create_session, read_session
from napari_cytounet.correction.versions import save_version
from napari_cytounet.events import Event, Failed, StrokesTaken, VersionProposed, Waiting
from napari_cytounet.images.writing import write_image
from napari_cytounet.settings import CorrectionSettings, NetworkSettings
from napari_cytounet.unet.model import build_network
from napari_cytounet.widgets.correcting import follower
from napari_cytounet.widgets.correcting.correct import CorrectWidget
from napari_cytounet.widgets.correcting.start_form import SESSION

PATIENCE = 20_000
"""Milliseconds."""

SMALL = NetworkSettings(base_width=4, depth=2)


class FakeTrainer:
    """Stands for the trainer in another process."""

    def __init__(self) -> None:
        self.coming: list[Event] = []
        self.threads: int | None = None
        self.has_less_memory = False
        self.starts: list[Path] = []
        self.is_stopped = self.is_killed = self.is_running = False
        self.gave_way: list[bool] = []
        self.is_hard_of_hearing = False

    def start(self, folder: Path, *, threads: int | None, less_memory: bool = False) -> FakeTrainer:
        self.starts.append(folder)
        self.threads, self.has_less_memory = threads, less_memory
        return self

    def poll(self) -> list[Event]:
        said, self.coming = self.coming, []
        return said

    def stop(self) -> None:
        self.is_stopped = True

    def kill(self) -> None:
        self.is_killed = True

    def give_way(self, *, gives_way: bool) -> bool:
        self.gave_way.append(gives_way)
        return not self.is_hard_of_hearing

    def say_taken(self, last: int, contradicted: int = 0) -> None:
        self.coming.append(StrokesTaken(last, contradicted))

    def say_version(self, number: int, knows: int, *, adopted: bool = True) -> None:
        self.coming.append(VersionProposed(number, adopted, knows, 2, 3, 0.5, 0.1, 100.0))

    def say_waiting(self, reason: str, *missing: str) -> None:
        self.coming.append(Waiting(reason, missing))

    def die(self) -> None:
        self.coming.append(Failed("It was killed."))


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> FakeTrainer:
    """Return the trainer that every session of a test gets."""
    fake = FakeTrainer()
    for module in (trainer_process, follower):
        monkeypatch.setattr(module, "start_trainer", fake.start)
    return fake


@pytest.fixture
def pixels() -> np.ndarray:
    """Return an image of three bright squares, (60, 80) uint8."""
    image = np.full((60, 80), 20, np.uint8)
    for left in (5, 30, 55):
        image[20:40, left : left + 18] = 200
    return image


@pytest.fixture
def new_session(tmp_path: Path, pixels: np.ndarray) -> Callable[..., Path]:
    """Return a function that begins a session on images given as arrays."""

    def begin(*images: np.ndarray, classes: tuple[str, ...] = ("cell",), axes: str = "YX") -> Path:
        folder = tmp_path / "runs" / "session"
        files = []
        for number, image in enumerate(images or (pixels,)):
            files.append(tmp_path / f"image{number}.tif")
            write_image(files[-1], image, axes)
        settings = CorrectionSettings(class_names=classes, network=SMALL)
        create_session(folder, files, settings=settings)
        return folder

    return begin


@pytest.fixture
def new_version() -> Callable[[Path, int], None]:
    """Return a function that adds a version with random weights to a session."""

    def add(folder: Path, number: int) -> None:
        card = read_session(folder).card
        save_version(folder, number, build_network(card, seed=number).state_dict(), card, knows=0)

    return add


class Person:
    """Somebody who uses the widget."""

    def __init__(
        self, viewer: Viewer, qtbot: QtBot, trainer: FakeTrainer, new_version: Callable[[Path, int], None]
    ) -> None:
        self._viewer, self._qtbot = viewer, qtbot
        self._trainer, self._new_version = trainer, new_version
        self.widgets: list[CorrectWidget] = []

    def opens(self) -> CorrectWidget:
        """Open the widget."""
        widget = CorrectWidget(self._viewer)
        self._viewer.window.add_dock_widget(widget)
        self.widgets.append(widget)
        return widget

    def starts(self, widget: CorrectWidget) -> Any:
        """Press the button, and wait for the session."""
        widget.start_button.clicked.emit(True)
        self._qtbot.waitUntil(
            lambda: widget.live is not None and widget.live.stage.is_there, timeout=PATIENCE
        )
        return widget.live

    def opens_again(self, widget: CorrectWidget, folder: Path) -> Any:
        """Open a session again."""
        widget.form.source.value = SESSION
        widget.form.sessions.other.value = folder
        return self.starts(widget)

    def paints(self, layer: Labels, value: int, *at: tuple[int, ...]) -> None:
        """Paint a stroke."""
        with layer.block_history():
            for place in at:
                layer.paint(place, value)

    def waits_for_version(self, live: Any, number: int) -> None:
        """Let the trainer propose a version that knows all, and wait until it is shown."""
        self._new_version(live.opened.folder, number)
        self._trainer.say_version(number, live.opened.ledger.last)
        self.sees(live, number)

    def sees(self, live: Any, number: int) -> None:
        """Wait until a version is shown."""
        self._qtbot.waitUntil(
            lambda: live.view.field is not None and live.view.field.version == number, timeout=PATIENCE
        )


@pytest.fixture
def user(
    viewer: Viewer, qtbot: QtBot, trainer: FakeTrainer, new_version: Callable[[Path, int], None]
) -> Iterator[Person]:
    """Return somebody who closes all sessions in the end."""
    person = Person(viewer, qtbot, trainer, new_version)
    yield person
    for widget in person.widgets:
        if widget.live is not None:
            widget.close_session()
