"""Tests of the widget that checks training data, driven by its fields and buttons in a viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.notifications import Notification, notification_manager
from pytestqt.qtbot import QtBot

from napari_cytounet.images.writing import write_image
from napari_cytounet.widgets.checking.check import FOLDERS, START, CheckWidget


@pytest.fixture
def widget(viewer: ViewerModel) -> CheckWidget:
    """The widget as the menu opens it."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", "Check training data")
    return widget


def _pair() -> tuple[np.ndarray, np.ndarray]:
    """An image with four cells, and a mask with a hole in the third of them."""
    mask = np.zeros((100, 120), np.uint8)
    for top, left in ((10, 10), (10, 60), (60, 10), (60, 60)):
        mask[top : top + 24, left : left + 24] = 1
    image = (mask * 100 + np.random.default_rng(0).normal(40, 3, mask.shape)).astype(np.uint8)
    mask[70:74, 18:22] = 0
    return image, mask


def _check(widget: CheckWidget, qtbot: QtBot) -> None:
    widget.go.native.click()
    qtbot.waitUntil(lambda: widget.go.text == START, timeout=10_000)


def _kinds(widget: CheckWidget) -> list[str]:
    return [widget.list.topLevelItem(row).text(0) for row in range(widget.list.topLevelItemCount())]


def _open_holes(widget: CheckWidget) -> None:
    row = _kinds(widget).index("low: Holes in objects")
    item = widget.list.topLevelItem(row).child(0)
    widget.list.setCurrentItem(item)
    widget.show_button.native.click()


def test_a_finding_in_layers_is_shown_where_it_is(
    viewer: ViewerModel, widget: CheckWidget, qtbot: QtBot
) -> None:
    image, mask = _pair()
    viewer.add_image(image, name="cells", scale=(0.5, 0.5))
    labels = viewer.add_labels(mask, name="drawn", scale=(0.5, 0.5))
    widget.labels_of_image.value = labels
    _check(widget, qtbot)
    _open_holes(widget)
    assert "hole" in widget.details.value
    assert viewer.layers.selection.active.name == "drawn"
    assert tuple(viewer.scene.camera.center[-2:]) == pytest.approx((71.5 / 2, 19.5 / 2))


def test_a_finding_in_folders_opens_its_files(
    viewer: ViewerModel, widget: CheckWidget, qtbot: QtBot, tmp_path: Path
) -> None:
    image, mask = _pair()
    write_image(tmp_path / "images" / "a.tif", image, "YX")
    write_image(tmp_path / "masks" / "a.tif", mask * 255, "YX")
    widget.source.value = FOLDERS
    widget.images.value = tmp_path / "images"
    widget.masks.value = tmp_path / "masks"
    _check(widget, qtbot)
    _open_holes(widget)
    _open_holes(widget)
    assert [layer.name for layer in viewer.layers] == ["masks/a"]
    assert tuple(viewer.scene.camera.center[-2:]) == pytest.approx((71.5, 19.5))


def test_without_an_image_it_says_so(widget: CheckWidget) -> None:
    heard: list[Notification] = []
    notification_manager.notification_ready.connect(heard.append)
    try:
        widget.go.native.click()
    finally:
        notification_manager.notification_ready.disconnect(heard.append)
    assert "no image layer" in heard[0].message
