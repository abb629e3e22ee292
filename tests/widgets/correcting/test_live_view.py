"""Tests of the prediction that follows the camera and the versions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_cytounet.correction.acceptance import Field
from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.widgets.correcting.field_prediction import Asked
from napari_cytounet.widgets.correcting.live_view import LiveView
from napari_cytounet.widgets.correcting.painted_planes import PaintedPlanes


class SlowPredictor:
    """Finds the version's number everywhere, when it is let."""

    def __init__(self) -> None:
        self.version = 1
        self.asked: list[Asked] = []
        self.may_go = threading.Event()
        self.may_go.set()

    def predict(self, asked: Asked, _: threading.Event) -> Field | None:
        self.asked.append(asked)
        version = asked.version or self.version - asked.former
        self.may_go.wait(5)
        if version == 0:
            return None
        return Field(version, asked.plane, asked.box, np.full(asked.box.shape, version % 3, np.uint8))


@pytest.fixture
def predictor() -> SlowPredictor:
    return SlowPredictor()


@pytest.fixture
def live(viewer: Viewer, predictor: SlowPredictor) -> Iterator[LiveView]:
    parent = QWidget()
    viewer.window.add_dock_widget(parent)
    view = LiveView(viewer, parent, predictor, ["red", "blue"], scale=1.0)  # type: ignore[arg-type]
    yield view
    predictor.may_go.set()
    view.leave()


def _strokes(viewer: Viewer, shape: tuple[int, ...] = (400, 600), **placed: Any) -> Any:
    layer = viewer.add_labels(np.zeros(shape, np.uint8), name="strokes", **placed)
    viewer.reset_view()
    return layer


def _prediction(viewer: Viewer) -> Any:
    return viewer.layers["prediction"]


def test_it_follows_the_camera_and_lies_where_it_belongs(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    strokes = _strokes(viewer, (3, 400, 600), scale=(2, 0.5, 0.5), translate=(0, 10, 20))
    viewer.dims.set_point(0, 2)
    live.watch(strokes, PaintedPlanes(4, "ZYX", "Z"))
    qtbot.waitUntil(lambda: live.is_in_sight, timeout=5000)
    assert live.field is not None
    assert live.field.plane == PlaneKey(4, (1,))
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0.0, 110.0, 170.0), 30.0
    assert not live.is_in_sight
    qtbot.waitUntil(lambda: live.is_in_sight, timeout=5000)
    layer, box = _prediction(viewer), live.field.box
    assert box.shape < (400, 600)
    assert layer.data.shape == (1, *box.shape)
    np.testing.assert_allclose(layer.data_to_world((0, 0, 0)), strokes.data_to_world((1, box.top, box.left)))
    np.testing.assert_allclose(
        layer.data_to_world((0, *box.shape)), strokes.data_to_world((1, box.bottom, box.right))
    )
    assert viewer.layers.index(layer) < viewer.layers.index(strokes)


def test_what_was_asked_for_before_the_view_moved_is_not_shown(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    shown: list[Field] = []
    live.shown.connect(shown.append)
    predictor.may_go.clear()
    live.watch(_strokes(viewer), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: len(predictor.asked) == 1, timeout=5000)
    viewer.scene.camera.zoom *= 4
    qtbot.wait(200)
    predictor.may_go.set()
    qtbot.waitUntil(lambda: bool(shown), timeout=5000)
    assert [field.box for field in shown] == [predictor.asked[-1].box]


def test_new_versions_do_not_starve_the_view(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    shown: list[int] = []
    live.shown.connect(lambda field: shown.append(field.version))
    predictor.may_go.clear()
    live.watch(_strokes(viewer), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: len(predictor.asked) == 1, timeout=5000)
    for version in (2, 3, 4):
        predictor.version = version
        live.follow_version(knows_all=True)
    predictor.may_go.set()
    qtbot.waitUntil(lambda: shown == [1, 4], timeout=5000)


def test_a_new_version_is_drawn_and_what_was_found_before_is_kept(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    shown: list[Field] = []
    drawn: list[int] = []
    live.shown.connect(shown.append)
    live.watch(_strokes(viewer), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: len(shown) == 1, timeout=5000)
    layer = _prediction(viewer)
    # The canvas takes what is to be drawn from the layer at each of these events.
    layer.events.set_data.connect(lambda _: drawn.append(int(layer.get_value((0, 0)))))
    predictor.version = 2
    live.follow_version(knows_all=True)
    qtbot.waitUntil(lambda: len(shown) == 2, timeout=5000)
    assert drawn[-1:] == [2]
    layer.visible = False
    predictor.version = 3
    live.follow_version(knows_all=True)
    qtbot.waitUntil(lambda: len(shown) == 3, timeout=5000)
    assert layer.visible
    assert drawn[-1:] == [0]
    assert [np.unique(field.classes).tolist() for field in shown] == [[1], [2], [0]]


def test_stale_looks_stale_and_keeps_the_opacity_of_the_user(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    live.watch(_strokes(viewer), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: live.is_in_sight, timeout=5000)
    layer = _prediction(viewer)
    layer.opacity = 0.8
    live.note_stroke()
    live.note_stroke()
    assert layer.opacity == pytest.approx(0.32)
    live.follow_version(knows_all=False)
    qtbot.waitUntil(lambda: len(predictor.asked) == 2 and not live._predicting.is_busy, timeout=5000)
    assert layer.opacity == pytest.approx(0.32)
    live.follow_version(knows_all=True)
    qtbot.waitUntil(lambda: layer.opacity == pytest.approx(0.8), timeout=5000)
    live.note_stroke()
    live.note_learnt()
    assert layer.opacity == pytest.approx(0.8)


def test_nothing_is_shown_without_a_version_or_out_of_sight(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    predictor.version = 0
    failed: list[str] = []
    live.failed.connect(failed.append)
    live.watch(_strokes(viewer), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: len(predictor.asked) == 1 and not live._predicting.is_busy, timeout=5000)
    assert "prediction" not in viewer.layers
    predictor.version = 1
    live.follow_version(knows_all=True)
    qtbot.waitUntil(lambda: live.is_in_sight, timeout=5000)
    viewer.scene.camera.center = (0.0, 1e5, 1e5)
    qtbot.waitUntil(lambda: bool(failed), timeout=5000)
    assert failed == ["Nothing of the layer strokes is in view. Move it into view first."]
    assert not _prediction(viewer).visible
    viewer.layers.remove("prediction")
    viewer.reset_view()
    qtbot.waitUntil(lambda: "prediction" in viewer.layers, timeout=5000)


def test_a_field_that_is_too_large_is_predicted_in_the_middle(
    viewer: Viewer, live: LiveView, predictor: SlowPredictor, qtbot: QtBot
) -> None:
    live.watch(_strokes(viewer, (3000, 2000)), PaintedPlanes(0, "YX", ""))
    qtbot.waitUntil(lambda: live.is_in_sight, timeout=5000)
    assert live.field is not None
    assert live.field.box.shape == (1024, 1024)
    assert live.field.box.centre == (1500, 1000)
