"""What journeys share: a real window, somebody who uses it, and a camera.

With CYTOUNET_SCREENSHOTS set to a folder, the pictures that a journey takes are kept there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari import Viewer, settings
from napari.layers import Labels, Layer
from napari.settings import get_settings
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.preferences import PLUGIN

WINDOW = (1280, 800)

PATIENCE = 150_000
"""Milliseconds after which what a journey waits for must have come, on a busy machine too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the journeys together: two beside each other would have two networks trained on the same cores."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("journeys"))


@pytest.fixture(autouse=True)
def own_preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep runs and preferences in a folder of the journey's own."""
    monkeypatch.setattr(settings, "_CFG_PATH", str(tmp_path / "napari" / "settings.yaml"))
    settings._clear_plugin_settings_cache()
    settings.get_plugin_settings(PLUGIN).computing.runs_folder = str(tmp_path / "runs")
    monkeypatch.setattr(model_choice, "_chosen", None)
    yield
    settings._clear_plugin_settings_cache()


class User:
    """Somebody at a window of napari who opens widgets of ours, presses buttons and takes pictures."""

    def __init__(self, viewer: Viewer, qtbot: QtBot, pictures: Path) -> None:
        self.viewer, self._qtbot, self._pictures = viewer, qtbot, pictures

    def opens(self, name: str) -> Any:
        """Open a widget as the menu does, alone at the side."""
        self.viewer.window.remove_dock_widget("all")
        _, widget = self.viewer.window.add_plugin_dock_widget(PLUGIN, name)
        self._qtbot.wait(100)
        return widget

    def waits(self, until: Callable[[], bool]) -> None:
        """Wait, while the window lives."""
        self._qtbot.waitUntil(until, timeout=PATIENCE)

    def trains(self, widget: Any, *, steps: int) -> None:
        """Press Train, for a number of steps that no busy machine makes fewer, and wait for the model."""
        widget.choices.preset.value = "fast"
        widget.choices.advanced.turn()
        folded = [
            part for part in widget.choices.advanced.content if "Training" in getattr(part, "_title", "")
        ]
        folded[0].turn()
        widget.choices.forms["training"]["steps"].value = str(steps)
        widget.train_button.native.click()
        self.waits(lambda: not widget.train_button.visible)
        self.waits(lambda: bool(widget.train_button.visible))

    def predicts(self, widget: Any) -> list[Layer]:
        """Press Predict and return the layers that came."""
        before = set(self.viewer.layers)
        widget.predict.native.click()
        self.waits(lambda: not widget.is_busy)
        return [layer for layer in self.viewer.layers if layer not in before]

    def shoots(self, name: str, theme: str = "dark") -> None:
        """Take a picture of the window."""
        get_settings().appearance.theme = theme
        self._qtbot.wait(400)
        path = self._pictures / f"{name}.png"
        self.viewer.window.screenshot(str(path), canvas_only=False, flash=False)
        assert path.stat().st_size > 10_000


class Hand:
    """Drags the mouse over the canvas, from pixel to pixel of a layer."""

    def __init__(self, viewer: Viewer, qtbot: QtBot) -> None:
        self._viewer, self._qtbot = viewer, qtbot
        self._canvas = viewer.window._qt_viewer.canvas.native

    def drags(self, layer: Labels, *pixels: tuple[float, float]) -> None:
        """Press, move and let go."""
        points = [self._point(layer, pixel) for pixel in pixels]
        left = Qt.MouseButton.LeftButton
        QTest.mouseMove(self._canvas, points[0])
        self._qtbot.wait(30)
        QTest.mousePress(self._canvas, left, Qt.KeyboardModifier.NoModifier, points[0])
        for point in points[1:]:
            QTest.mouseMove(self._canvas, point)
            self._qtbot.wait(30)
        QTest.mouseRelease(self._canvas, left, Qt.KeyboardModifier.NoModifier, points[-1])
        self._qtbot.wait(30)

    def _point(self, layer: Labels, pixel: tuple[float, float]) -> QPoint:
        camera = self._viewer.scene.camera
        world = np.asarray(layer.data_to_world(pixel))[-2:]
        middle = np.array([self._canvas.height(), self._canvas.width()]) / 2
        row, column = middle + (world - np.asarray(camera.center)[-2:]) * camera.zoom
        return QPoint(round(float(column)), round(float(row)))


@pytest.fixture
def hand(user: User, qtbot: QtBot) -> Hand:
    """Return the hand of the user."""
    return Hand(user.viewer, qtbot)


@pytest.fixture
def user(make_napari_viewer: Callable[..., Viewer], qtbot: QtBot, tmp_path: Path) -> User:
    """Return somebody at a real window of a small laptop's size."""
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        missing = "there is no screen for a real window: `make test` gives it one (Xvfb)"
        if os.environ.get("CYTOUNET_REQUIRE_DATA"):
            pytest.fail(missing)
        pytest.skip(missing)
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(*WINDOW)
    return User(viewer, qtbot, Path(os.environ.get("CYTOUNET_SCREENSHOTS", tmp_path)))
