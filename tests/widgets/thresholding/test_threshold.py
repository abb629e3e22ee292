"""Tests of the threshold widget, driven by its fields and buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QApplication

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.segmentation import plane_labels, threshold_image
from napari_cytounet.segmentation.segmenting import choose_thresholds
from napari_cytounet.segmentation.thresholds import find_threshold
from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.thresholding import field as threshold_field
from napari_cytounet.widgets.thresholding import labels_result
from napari_cytounet.widgets.thresholding.threshold import ThresholdWidget

PLACED = {
    "scale": (2, 0.5, 0.25),
    "translate": (10, 20, 30),
    "units": ("um",) * 3,
    "axis_labels": ("z", "y", "x"),
}
OTSU = ThresholdSettings(method="otsu")


@pytest.fixture(scope="module")
def cells() -> NDArray[np.uint8]:
    return make_cells("fluorescence", shape=(120, 140), count=8, seed=3).image


class Opened:
    """The widget in a viewer, as a person uses it."""

    def __init__(self, qtbot: QtBot, viewer: ViewerModel) -> None:
        self._qtbot, self._viewer = qtbot, viewer
        self.widget = ThresholdWidget(viewer)
        viewer.window.add_dock_widget(self.widget)

    def settle(self) -> None:
        self._qtbot.waitUntil(lambda: self.widget.has_settled, timeout=20_000)

    def add_image(self, values: Any, **options: Any) -> Any:
        layer = self._viewer.add_image(values, **options)
        self.widget.layer.value = next(one for one in self._viewer.layers if one == layer)
        self.settle()
        return layer

    def make_labels(self) -> None:
        self.widget.making.make.native.click()
        self.settle()

    @property
    def preview(self) -> Any:
        return next((one for one in self._viewer.layers if "threshold preview" in one.name), None)

    @property
    def labels(self) -> list[Any]:
        found = [one for one in self._viewer.layers if isinstance(one, Labels)]
        return [one for one in found if "threshold preview" not in one.name]


@pytest.fixture
def opened(qtbot: QtBot, viewer: ViewerModel) -> Iterator[Opened]:
    opened = Opened(qtbot, viewer)
    yield opened
    opened.settle()


def test_the_preview_follows_the_slider_and_labels_are_made(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8]
) -> None:
    image = opened.add_image(cells, name="cells", **{name: PLACED[name][1:] for name in PLACED})
    widget = opened.widget
    assert widget.form.method.value == "otsu"
    found = threshold_image(cells, OTSU)
    np.testing.assert_array_equal(opened.preview.data, found.classes)
    assert not opened.preview.editable
    assert viewer.layers.selection.active == image
    assert widget.status.value == f"{found.count} objects"

    widget.sliders.rows[0].slider.setValue(60)
    assert widget.form.method.value == "fixed"
    np.testing.assert_array_equal(opened.preview.data, cells >= 60)  # at once, without waiting
    opened.settle()
    settings = ThresholdSettings(method="fixed", value=60, min_size=30, split_touching=True, fill_holes=True)
    for name in ("min_size", "split_touching", "fill_holes"):
        widget.form.fields[name].value = getattr(settings, name)
    opened.settle()
    found = threshold_image(cells, settings)
    assert widget.status.value == f"{found.count} objects"

    opened.make_labels()
    (labels,) = opened.labels
    assert labels.name == "cells: labels"
    np.testing.assert_array_equal(labels.data, found.instances)
    said = labels.metadata["napari-cytounet"]
    assert said["segmentation"] == [{"plane": [], **settings.model_dump(), "thresholds": [60]}]
    assert labels.features["index"].tolist() == list(range(1, found.count + 1))
    assert set(labels.features["class"]) == {1}
    np.testing.assert_allclose(labels.data_to_world((5, 6)), image.data_to_world((5, 6)))
    assert (labels.units, labels.axis_labels) == (image.units, image.axis_labels)
    assert viewer.layers.selection.active == labels
    assert not opened.preview.visible
    assert np.shares_memory(image.data, cells)
    widget.sliders.rows[0].slider.setValue(70)
    assert opened.preview.visible
    assert [one.name for one in viewer.layers] == ["cells", "cells: labels", "cells: threshold preview"]


def test_labels_made_again_are_one_step_of_undo_or_a_new_layer(
    opened: Opened, cells: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.add_image(cells, name="cells")
    widget = opened.widget
    assert not _is_offered(widget.making.same_layer)
    opened.make_labels()
    (labels,) = opened.labels
    before = labels.data.copy()
    assert _is_offered(widget.making.same_layer)
    widget.sliders.rows[0].number.setValue(90)
    opened.make_labels()
    assert opened.labels == [labels]
    assert "Ctrl-Z" in widget.status.value
    after = threshold_image(cells, ThresholdSettings(method="fixed", value=90)).instances
    np.testing.assert_array_equal(labels.data, after)
    labels.undo()
    np.testing.assert_array_equal(labels.data, before)
    assert set(np.unique(before)) - {0} <= set(labels.features["index"])
    labels.redo()
    np.testing.assert_array_equal(labels.data, after)

    widget.making.same_layer.value = False
    opened.make_labels()
    assert [one.name for one in opened.labels] == ["cells: labels", "cells: labels [1]"]
    widget.making.same_layer.value = True
    monkeypatch.setattr(labels_result, "UNDO_PIXELS", 10)
    opened.make_labels()
    assert len(opened.labels) == 3
    assert "so large a change could not be undone" in widget.status.value


def _is_offered(widget: Any) -> bool:
    return not widget.native.isHidden()


def test_a_stack_is_previewed_plane_by_plane_and_labelled_as_a_whole(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8]
) -> None:
    stack = np.stack([cells, cells[::-1] // 2, cells[:, ::-1]])
    image = opened.add_image(stack, name="stack", **PLACED)
    for plane in (0, 1):
        viewer.dims.set_current_step(0, plane)
        opened.settle()
        shown = opened.preview
        np.testing.assert_array_equal(shown.data[0], threshold_image(stack[plane], OTSU).classes)
        np.testing.assert_allclose(shown.data_to_world((0, 5, 6)), image.data_to_world((plane, 5, 6)))
    opened.make_labels()
    (labels,) = opened.labels
    assert labels.data.shape == stack.shape
    assert [bool(plane.any()) for plane in labels.data] == [False, True, False]
    second = labels.data[1].copy()
    (made,) = labels.metadata["napari-cytounet"]["segmentation"]
    assert (made["plane"], made["method"]) == ([1], "otsu")
    assert made["thresholds"] == list(choose_thresholds(stack[1][None], OTSU))

    assert _is_offered(opened.widget.making.all_planes)
    opened.widget.making.all_planes.value = True
    opened.make_labels()
    counts = [threshold_image(plane, OTSU).count for plane in stack]
    assert len(np.unique(labels.data)) - 1 == sum(counts) == len(labels.features)
    for plane, values in zip(labels.data, stack, strict=True):
        np.testing.assert_array_equal(plane > 0, threshold_image(values, OTSU).classes > 0)
    labels.undo()
    np.testing.assert_array_equal(labels.data[1], second)
    assert not labels.data[0].any()


def test_each_class_of_probabilities_has_its_threshold(opened: Opened) -> None:
    rows, columns = np.mgrid[:90, :100]
    probabilities = np.stack([np.sin(rows / 9) ** 2, np.cos(columns / 8) ** 2]).astype(np.float32)
    said = {"kind": "probabilities", "classes": ["nucleus", "debris"], "thresholds": [0.75, 0.5]}
    opened.add_image(
        probabilities, name="p", metadata={"napari-cytounet": said | {"colours": ["red", "blue"]}}
    )
    widget = opened.widget
    assert widget.form.method.value == "calibrated"
    assert [row.value for row in widget.sliders.rows] == [0.75, 0.5]
    assert not _is_offered(widget.form.fields["dark_objects"])
    expected = threshold_image(probabilities, ThresholdSettings(), (0.75, 0.5))
    np.testing.assert_array_equal(opened.preview.data, expected.classes)
    opened.make_labels()
    (labels,) = opened.labels
    np.testing.assert_array_equal(labels.data, expected.instances)
    assert labels.features["class"].tolist() == expected.instance_classes[1:].tolist()
    assert set(labels.features["class_name"]) == {"nucleus", "debris"}
    before, features = labels.data.copy(), labels.features.set_index("index")["class"]

    widget.sliders.rows[1].slider.setValue(0.9)
    np.testing.assert_array_equal(
        opened.preview.data, threshold_image(probabilities, ThresholdSettings(), (0.75, 0.9)).classes
    )
    opened.make_labels()
    labels.undo()
    np.testing.assert_array_equal(labels.data, before)
    assert (labels.features.set_index("index")["class"].loc[features.index] == features).all()


@pytest.mark.parametrize("method", ["li", "triangle"])
def test_methods_find_a_threshold_that_can_be_changed_by_hand(
    opened: Opened, cells: NDArray[np.uint8], method: Any
) -> None:
    opened.add_image(cells, name="cells")
    opened.widget.form.method.value = method
    opened.settle()
    threshold = find_threshold(cells, method)
    assert opened.widget.sliders.rows[0].value == pytest.approx(threshold, abs=0.51)
    np.testing.assert_array_equal(opened.preview.data, cells >= threshold)
    opened.widget.form.fields["dark_objects"].value = True
    np.testing.assert_array_equal(opened.preview.data, cells < threshold)


def test_of_large_planes_what_is_in_sight_is_previewed(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threshold_field, "FIELD_PIXELS", 64 * 64)
    large = np.tile(cells, (4, 4))
    image = opened.add_image(large, name="large", scale=(0.5, 0.5), translate=(7, 9))
    threshold = find_threshold(large, "otsu")
    assert opened.widget.status.value == "Zoom in to have the objects counted and cleaned."
    step = round(opened.preview.scale[0] / 0.5)
    assert step > 1
    viewer.scene.camera.center = image.data_to_world((200, 300))
    viewer.scene.camera.zoom = 40
    opened.settle()
    shown = opened.preview
    assert shown.data.size <= 64 * 64
    first = np.rint(image.world_to_data(shown.data_to_world((0, 0)))).astype(int)
    box = tuple(slice(start, start + length) for start, length in zip(first, shown.data.shape, strict=True))
    np.testing.assert_array_equal(shown.data, large[box] >= threshold)
    assert opened.widget.status.value.endswith("in the preview")


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda viewer: None, "There is no image. Open one"),
        (lambda viewer: viewer.add_labels(np.zeros((8, 8), int), name="cells"), "cells holds labels"),
        (lambda viewer: viewer.add_points(name="seeds"), "seeds holds points"),
        (
            lambda viewer: viewer.add_image(np.zeros((8, 8, 3)), name="photo", rgb=True),
            "photo is a colour image",
        ),
        (lambda viewer: viewer.add_image(np.full((8, 8), 7), name="flat"), "flat: all pixels are 7"),
        (lambda viewer: viewer.add_image(np.full((8, 8), np.nan), name="bad"), "bad holds NaN"),
    ],
)
def test_what_cannot_be_thresholded_is_said(
    opened: Opened, viewer: ViewerModel, add: Callable[[ViewerModel], object], message: str
) -> None:
    add(viewer)
    opened.settle()
    assert message in opened.widget.status.value
    assert not opened.widget.making.enabled
    assert opened.preview is None
    opened.widget.making.make.native.click()
    assert len(viewer.layers) <= 1


def test_labels_that_take_too_much_memory_are_refused(
    opened: Opened, cells: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.add_image(cells, name="cells")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    opened.make_labels()
    assert "cytounet threshold" in opened.widget.status.value
    monkeypatch.undo()
    monkeypatch.setattr(plane_labels, "SPLIT_PIXELS", 100)
    opened.widget.form.fields["split_touching"].value = True
    opened.settle()
    opened.make_labels()
    assert "touching objects can be split in planes of up to" in opened.widget.status.value
    assert opened.labels == []


def test_an_image_that_is_removed_meanwhile_still_gets_its_labels(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8]
) -> None:
    image = opened.add_image(cells, name="cells")
    opened.widget.making.make.native.click()
    viewer.layers.remove(image)
    opened.settle()
    (labels,) = opened.labels
    np.testing.assert_array_equal(labels.data, threshold_image(cells, OTSU).instances)
    assert opened.preview is None


def test_the_preview_is_ours_alone(opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8]) -> None:
    opened.add_image(cells, name="cells")
    viewer.layers.remove(opened.preview)
    assert not opened.widget.preview.value
    opened.widget.sliders.rows[0].slider.setValue(60)
    opened.settle()
    assert opened.preview is None
    opened.widget.preview.value = True
    opened.settle()
    assert opened.preview is not None
    opened.add_image(cells[::2], name="half")
    assert opened.preview.name == "half: threshold preview"
    opened.widget.native.close()
    assert [one.name for one in viewer.layers] == ["cells", "half"]


def test_other_data_and_multiscale_images_are_looked_at_anew(
    opened: Opened, cells: NDArray[np.uint8]
) -> None:
    image = opened.add_image(cells, name="cells")
    image.data = cells[::-1].copy()
    opened.settle()
    np.testing.assert_array_equal(opened.preview.data, threshold_image(cells[::-1], OTSU).classes)
    opened.add_image([cells, cells[::2, ::2]], name="pyramid", multiscale=True)
    np.testing.assert_array_equal(opened.preview.data, threshold_image(cells, OTSU).classes)


def test_real_nuclei(opened: Opened, data: Path) -> None:
    path = find_images(data / "dsb2018" / "fluo" / "images")[0]
    values = open_image(path).read()[0]
    opened.add_image(values, name=path.stem)
    opened.make_labels()
    np.testing.assert_array_equal(opened.labels[0].data, threshold_image(values, OTSU).instances)


def test_a_hidden_widget_leaves_no_preview_and_keeps_its_threshold(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8]
) -> None:
    opened.add_image(cells, name="cells")
    opened.widget.sliders.rows[0].number.setValue(70)
    opened.settle()
    QApplication.sendEvent(opened.widget.native, QHideEvent())
    assert opened.preview is None
    viewer.add_image(cells[::2], name="half")
    opened.settle()
    assert opened.preview is None
    QApplication.sendEvent(opened.widget.native, QShowEvent())
    opened.settle()
    assert opened.widget.form.method.value == "fixed"
    np.testing.assert_array_equal(opened.preview.data, cells >= 70)


def test_making_labels_can_be_stopped(
    opened: Opened, viewer: ViewerModel, cells: NDArray[np.uint8], said: list[str]
) -> None:
    opened.add_image(np.stack([cells] * 300), name="long")
    opened.widget.making.all_planes.value = True
    opened.widget.making.make.native.click()
    opened.widget.making.stop.native.click()
    opened.settle()
    assert opened.labels == []
    assert any("Stopped while labelling long" in text for text in said)
    assert _is_offered(opened.widget.making.make)


def test_a_plane_that_cannot_be_labelled_is_told(
    opened: Opened, cells: NDArray[np.uint8], said: list[str]
) -> None:
    stack = np.stack([cells, cells]).astype(np.float32)
    stack[1, 4, 4] = np.nan
    opened.add_image(stack, name="stack")
    opened.widget.making.all_planes.value = True
    opened.make_labels()
    assert any("stack Z=1 holds NaN" in text for text in said)
    assert opened.labels == []
