"""Tests of the widget that trains, used as a person would."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from magicgui.widgets import PushButton
from napari.utils.notifications import Notification, notification_manager
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.errors import ImageError
from napari_cytounet.events import Event, Notice, Progress, Validated, Warned
from napari_cytounet.images.samples.synthetic import make_cells, write_synthetic
from napari_cytounet.runs.unfinished import UnfinishedRun, unfinished_runs
from napari_cytounet.settings import MaskKind
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.training import train
from napari_cytounet.widgets.training.follower import live_training
from napari_cytounet.widgets.training.sources import FOLDERS, NO_IMAGE, NO_LABELS
from napari_cytounet.widgets.training.start import Begun, Request
from napari_cytounet.widgets.training.train import STOPPING, WAIT, TrainWidget

PLANE = np.zeros((64, 64), np.uint8)


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []

    def note(notification: Notification) -> None:
        texts.append(notification.message)

    notification_manager.notification_ready.connect(note)
    yield texts
    notification_manager.notification_ready.disconnect(note)
    notification_manager.records.clear()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch, training: Any) -> list[Request]:
    """Let Train begin a training that only pretends, and note what is asked for."""
    asked: list[Request] = []

    def begin(request: Request, runs: Path, cancel: threading.Event) -> Generator[Event, None, Begun]:
        asked.append(request)
        yield Progress("labelled planes", 1, 1)
        return Begun(training, goes_on_alone=request.goes_on_alone)

    monkeypatch.setattr(train, "begin", begin)
    return asked


def _opened(viewer: Viewer) -> TrainWidget:
    widget = TrainWidget(viewer)
    viewer.window.add_dock_widget(widget)
    return widget


def _press(button: PushButton) -> None:
    assert not button.native.isHidden()
    assert button.enabled
    button.clicked.emit(True)


def _squares(*values: int) -> Any:
    labels = PLANE.copy()
    for number, value in enumerate(values):
        labels[4 : 4 + 20, 4 + 30 * number : 24 + 30 * number] = value
    return labels


def _is_idle(widget: TrainWidget) -> bool:
    return live_training.current is None and widget._job is None


def test_the_widget_says_what_is_missing_and_what_it_found(
    viewer: Viewer, qtbot: QtBot, said: list[str], requests: list[Request]
) -> None:
    widget = _opened(viewer)
    found = widget.sources.meaning.found
    qtbot.waitUntil(lambda: found.value == NO_IMAGE, timeout=5000)
    _press(widget.train_button)
    assert said == [NO_IMAGE]

    viewer.add_image(PLANE, name="cells")
    qtbot.waitUntil(lambda: found.value == NO_LABELS, timeout=5000)
    painted = viewer.add_labels(PLANE.copy(), name="painted")
    qtbot.waitUntil(lambda: found.value.startswith("The labels layer painted is empty"), timeout=5000)

    painted.data_setitem((np.array([5, 6]), np.array([5, 5])), 1)  # as painting does
    qtbot.waitUntil(lambda: found.value.startswith("painted labels cells.\nThey hold one kind"), timeout=5000)
    assert widget.sources.meaning.classes.names == ("foreground",)

    painted.data = _squares(1, 2)
    qtbot.waitUntil(lambda: "“labels hold: classes” or “labels hold: instances”" in found.value, timeout=5000)
    widget.sources.meaning.kind.value = MaskKind.CLASSES.value
    qtbot.waitUntil(lambda: len(widget.sources.meaning.classes.names) == 2, timeout=5000)
    widget.sources.meaning.classes.fields[0].value = "nucleus"
    widget.choices.minutes.value = 7
    widget.choices.goes_on_alone.value = True
    _press(widget.train_button)
    qtbot.waitUntil(lambda: live_training.current is not None, timeout=5000)
    (request,) = requests
    assert [(pair.image.name, pair.labels.name) for pair in request.pairs] == [("cells", "painted")]
    assert request.settings.masks.masks is MaskKind.CLASSES
    assert request.settings.masks.class_names == ("nucleus", "class 2")
    assert request.settings.training.minutes == 7
    assert request.goes_on_alone


def test_a_training_is_watched_stopped_and_its_model_used(
    viewer: Viewer, qtbot: QtBot, requests: list[Request], training: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer.add_image(PLANE, name="cells")
    viewer.add_labels(_squares(1), name="painted")
    widget = _opened(viewer)
    _press(widget.train_button)
    assert widget.train_button.native.isHidden()
    qtbot.waitUntil(lambda: live_training.current is not None, timeout=5000)

    viewer.layers.clear()  # what is learnt was written down: this does not matter
    training.say_step()
    training.coming += [Validated(10, 30.0, 0.8, best=True), Notice("Use --empty-planes if they say so.")]
    training.coming.append(Warned("flat-loss", "The loss is flat. Try a lower --learning-rate."))
    qtbot.waitUntil(lambda: widget.status.value == "Step 10, loss 0.500, Dice 0.800, 1:30 left", timeout=5000)
    assert (widget.curves.losses, widget.curves.validated) == ([0.5], [(10, 0.8)])
    assert widget.notes_text.value == "Use “empty planes” if they say so."
    assert widget.warning.value == "The loss is flat. Try a lower “learning rate”."
    assert not widget.warning.native.isHidden()
    viewer.theme = "light"

    second = _opened(viewer)  # the widget was closed and opened again
    assert second.curves.losses == [0.5]
    assert second.train_button.native.isHidden()

    _press(widget.stop_button)
    assert training.is_stopped
    assert widget.status.value == STOPPING
    assert not widget.stop_button.enabled
    training.say_end(stopped=True)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=5000)
    assert widget.status.value == "Stopped after 20 steps: Dice 0.900. The model is kept in cells."
    assert widget.stop_button.native.isHidden()

    opened: list[tuple[str, str]] = []
    window = viewer.__wrapped__.window
    monkeypatch.setattr(window, "add_plugin_dock_widget", lambda *names: opened.append(names))
    monkeypatch.setattr(model_choice, "_chosen", None)
    _press(widget.predict_button)
    assert opened == [("napari-cytounet", "Predict with U-Net")]
    assert model_choice.chosen is not None


def test_folders_are_looked_at_and_learnt_from(
    viewer: Viewer, qtbot: QtBot, requests: list[Request], said: list[str], tmp_path: Path
) -> None:
    folder = write_synthetic(tmp_path / "cells", "dic", images=2, validation=1, shape=(96, 96), count=3)
    widget = _opened(viewer)
    widget.sources.source.value = FOLDERS
    assert widget.sources.pairs.native.isHidden()
    _press(widget.train_button)
    assert said == ["Choose the folder of the images to learn from."]
    widget.sources.folders.images.value = folder
    found = widget.sources.meaning.found
    qtbot.waitUntil(lambda: found.value.startswith("2 images with masks to learn from"), timeout=5000)
    widget.sources.folders.validation_images.value = folder / "validation" / "images"
    widget.sources.folders.validation_masks.value = folder / "validation" / "masks"
    _press(widget.train_button)
    qtbot.waitUntil(lambda: live_training.current is not None, timeout=5000)
    (request,) = requests
    assert (request.images, request.masks, request.pairs) == (folder, None, [])
    assert request.validation == (folder / "validation" / "images", folder / "validation" / "masks")
    assert request.settings.masks.class_names is None


def test_what_goes_wrong_before_the_start_leaves_the_widget_usable(
    viewer: Viewer,
    qtbot: QtBot,
    said: list[str],
    training: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    viewer.add_image(np.full((64, 64), np.nan, np.float32), name="cells", contrast_limits=(0, 1))
    viewer.add_labels(_squares(1), name="painted")
    widget = _opened(viewer)
    _press(widget.train_button)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=5000)
    assert "cells: cells holds NaN or infinite values" in said[0]
    assert not list((tmp_path / "runs").iterdir())
    assert not widget.train_button.native.isHidden()

    def wait(request: Request, runs: Path, cancel: threading.Event) -> Generator[Event, None, Begun]:
        while not cancel.wait(0.01):
            yield Progress("labelled planes", 0, 1)
        raise ImageError("stopped by hand")

    monkeypatch.setattr(train, "begin", wait)
    _press(widget.train_button)
    widget.runs.resumed.emit(UnfinishedRun(tmp_path, "", 0, 0.0, is_running=False, was_stopped=True))
    assert said[1:] == [WAIT]
    _press(widget.stop_button)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=5000)
    assert said[2:] == ["stopped by hand"]


def test_a_disk_that_is_really_full_is_told_and_nothing_is_left_on_it(
    viewer: Viewer, qtbot: QtBot, said: list[str], small_disk: Path, own_preferences: Any
) -> None:
    noise = np.random.default_rng(0).integers(0, 65535, (600, 600), np.uint16)
    image, labels = viewer.add_image(noise, name="cells"), noise > 40_000
    painted = viewer.add_labels(labels.astype(np.uint8), name="painted")
    own_preferences.runs_folder = str(small_disk / "runs")
    widget = _opened(viewer)
    _press(widget.train_button)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=20_000)
    (message,) = said
    assert "cells.zarr" in message
    assert "is full. Free some space, or write to another folder" in message
    assert list((small_disk / "runs").iterdir()) == []
    assert list(viewer.layers) == [image, painted]
    np.testing.assert_array_equal(painted.data, labels)
    assert not widget.train_button.native.isHidden()


@pytest.mark.slow
def test_a_stack_with_two_labelled_planes_is_learnt_stopped_and_gone_on_with(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path
) -> None:
    fields = [make_cells("dic", shape=(128, 128), count=8, seed=seed) for seed in range(4)]
    labels = np.zeros((4, 128, 128), np.int32)
    for plane in (1, 2):
        labels[plane] = fields[plane].instances > 0
    viewer.add_image(np.stack([field.image for field in fields]), name="stack")
    viewer.add_labels(labels, name="painted")
    widget = _opened(viewer)
    widget.choices.preset.value = "fast"
    widget.choices.advanced.turn()
    widget.choices.advanced.content[4].turn()
    widget.choices.forms["training"].steps.value = "2000"
    widget.choices.forms["training"].batch_size.value = 1
    widget.choices.forms["training"].patch_size.value = 32
    qtbot.waitUntil(lambda: "2 of the 4 planes" in widget.sources.meaning.found.value, timeout=5000)
    _press(widget.train_button)
    qtbot.waitUntil(lambda: len(widget.curves.losses) > 3, timeout=120_000)
    _press(widget.stop_button)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=120_000)
    assert widget.status.value.startswith("Stopped after")
    assert "training preview of stack" in viewer.layers

    (run,) = unfinished_runs(tmp_path / "runs")
    assert run.was_stopped
    assert model_choice.chosen is not None
    assert model_choice.chosen.path.parent == run.folder
    qtbot.waitUntil(lambda: not widget.runs.native.isHidden(), timeout=5000)
    _press(widget.runs.button)
    qtbot.waitUntil(lambda: live_training.current is not None, timeout=5000)
    assert len(widget.curves.losses) >= run.steps > 0
    qtbot.waitUntil(lambda: len(widget.curves.losses) > run.steps + 3, timeout=120_000)
    _press(widget.stop_button)
    qtbot.waitUntil(lambda: _is_idle(widget), timeout=120_000)
    assert model_choice.chosen.path.is_file()
