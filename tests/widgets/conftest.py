"""What tests of the plugin share: a viewer, preferences, models, and the promise that no worker is left."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari import settings
from napari.components import ViewerModel
from napari.utils.notifications import Notification, notification_manager
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QWidget
from safetensors.numpy import save_file

from napari_cytounet.events import BatchDone, Event, Finished
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.model_card import HEADER, ModelCard
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import PLUGIN
from napari_cytounet.widgets.training.follower import live_training


@pytest.fixture(autouse=True, scope="module")
def modules_are_no_garbage() -> Iterator[None]:
    """Spare the collector what is loaded: napari's fixture calls it around every test, for leaked windows."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Fail a test that ends while a worker that it started still runs."""
    yield
    pool = QThreadPool.globalInstance()
    assert pool is not None
    assert pool.waitForDone(2000), f"{pool.activeThreadCount()} workers still run after the test"


@pytest.fixture(autouse=True)
def own_preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a test preferences that nobody else reads, with its own folder for runs."""
    monkeypatch.setattr(settings, "_CFG_PATH", str(tmp_path / "napari" / "settings.yaml"))
    settings._clear_plugin_settings_cache()
    page = settings.get_plugin_settings(PLUGIN).computing
    page.runs_folder = str(tmp_path / "runs")
    yield page
    settings._clear_plugin_settings_cache()


@pytest.fixture(autouse=True)
def no_model_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the model that another test chose."""
    monkeypatch.setattr(model_choice, "_chosen", None)


@pytest.fixture
def viewer(
    make_napari_viewer_proxy: Callable[[], ViewerModel], monkeypatch: pytest.MonkeyPatch
) -> ViewerModel:
    """Return a viewer that refuses changes of layers from any thread but the main one."""
    monkeypatch.setenv("NAPARI_STRICT_QT", "1")
    return make_napari_viewer_proxy()


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Return a function that shows a widget which no window owns, and holds it until pytest-qt has closed it.

    Were the test's own variable all that holds it, the collector could delete it while it is painted, which
    ends the process.
    """
    held: list[QWidget] = []

    def show_and_hold(widget: QWidget) -> None:
        held.append(widget)
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()

    return show_and_hold


class FakeTraining:
    """Stands for a `RunningTraining`: it says what a test wants it to say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.coming: list[Event] = []
        self.is_stopped = self.is_alone = False

    def poll(self) -> list[Event]:
        said, self.coming = self.coming, []
        return said

    def stop(self) -> None:
        self.is_stopped = True

    def let_go_on_alone(self) -> None:
        self.is_alone = True

    def say_step(self, step: int = 10, fraction: float = 0.25, loss: float = 0.5) -> None:
        self.coming.append(BatchDone(step, loss, 0.001, seconds=30.0, fraction=fraction))

    def say_end(self, *, stopped: bool = False) -> None:
        """End with a model whose card can be read, without weights."""
        card = ModelCard(channels=1, classes=("cells",), network=NetworkSettings(), thresholds=(0.5,))
        header = {HEADER: json.dumps(card.model_dump(mode="json"))}
        self.folder.mkdir(parents=True, exist_ok=True)
        save_file({"weight": np.zeros(1)}, RunFolder(self.folder).model, metadata=header)
        self.coming.append(Finished({"steps": 20, "dice": 0.9, "stopped": stopped}))


@pytest.fixture
def training(tmp_path: Path) -> Iterator[FakeTraining]:
    """Return a training that another process would carry out; whoever follows it stops with the test."""
    yield FakeTraining(tmp_path / "runs" / "cells")
    if live_training.current is not None:
        live_training.current.forget()


@pytest.fixture
def new_model(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a model with random weights, given fields of its card."""
    from napari_cytounet.unet.model import build_network, save_model

    def write(name: str = "model.safetensors", **fields: Any) -> Path:
        classes = fields.pop("classes", ("cell",))
        card = ModelCard(
            **{"channels": 1, "classes": classes, "thresholds": (0.5,) * len(classes)} | fields,
            network=NetworkSettings(base_width=4, depth=2),
        )
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save_model(path, build_network(card, seed=1).state_dict(), card)
        return path

    return write


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Return what the user was told in notifications, each as `severity: message`."""
    texts: list[str] = []

    def note(notification: Notification) -> None:
        texts.append(f"{notification.severity.value}: {notification.message}")

    notification_manager.notification_ready.connect(note)
    yield texts
    notification_manager.notification_ready.disconnect(note)
    notification_manager.records.clear()
