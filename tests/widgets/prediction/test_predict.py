"""Tests of the predict widget, driven by its fields and buttons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.segmentation import plane_labels
from napari_cytounet.settings import DeviceSettings, ThresholdSettings
from napari_cytounet.unet.prediction import predict_array
from napari_cytounet.widgets.layer_parts import first_plane
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.prediction import arrays as prediction_arrays
from napari_cytounet.widgets.prediction.predict import PredictWidget
from napari_cytounet.widgets.prediction.target import Area

NewModel = Callable[..., Path]
CPU = DeviceSettings(device="cpu", threads=1)
PLACED = {
    "scale": (2, 0.5, 0.5),
    "translate": (10, 20, 30),
    "units": ("um",) * 3,
    "axis_labels": ("z", "y", "x"),
}


def _predict(qtbot: QtBot, widget: PredictWidget) -> None:
    widget.predict.native.click()
    qtbot.waitUntil(lambda: not widget.is_busy, timeout=60_000)


def test_a_stack_is_predicted_plane_by_plane_and_placed_alike(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, cells: NDArray[np.uint8]
) -> None:
    path = new_model(classes=("nucleus", "debris"), colours=("#ff0000", "#00ff00"))
    model_choice.choose(path)
    stack = np.stack([cells, cells[::-1], cells[:, ::-1]])
    layer = viewer.add_image(stack, name="stack", **PLACED)
    widget.target.area.value = Area.ALL_PLANES
    _predict(qtbot, widget)
    assert [one.name for one in viewer.layers] == [
        "stack",
        "stack: probability of nucleus",
        "stack: probability of debris",
        "stack: classes",
        "stack: objects",
    ]
    expected = predict_array(path, stack, "ZYX", device=CPU)
    nucleus, debris, classes, objects = viewer.layers[1:]
    assert np.abs(nucleus.data - expected[:, 0]).max() < 1e-3
    assert np.abs(debris.data - expected[:, 1]).max() < 1e-3
    for result in viewer.layers[1:]:
        assert result.data.shape == stack.shape
        np.testing.assert_allclose(result.data_to_world((1, 5, 6)), layer.data_to_world((1, 5, 6)))
        assert (result.units, result.axis_labels) == (layer.units, layer.axis_labels)
    assert tuple(nucleus.contrast_limits) == (0, 1)
    assert debris.metadata["napari-cytounet"] == {
        "kind": "probabilities",
        "classes": ["debris"],
        "colours": ["#00ff00"],
        "thresholds": [0.5],
        "first_plane": {"Z": 0},
    }
    assert isinstance(classes.colormap, DirectLabelColormap)
    np.testing.assert_allclose(classes.colormap.map(2), (0, 1, 0, 1))
    features = objects.features
    numbers = np.unique(objects.data)
    assert features["index"].tolist() == numbers[numbers > 0].tolist()
    of_pixel = np.append(0, features["class"])[objects.data]
    np.testing.assert_array_equal(of_pixel, classes.data)
    assert set(features["class_name"]) <= {"nucleus", "debris"}
    assert objects.editable
    assert viewer.layers.selection.active == layer
    assert widget.status.value == f"Done: 3 planes, {len(features)} objects."
    assert widget.predict.native.isVisibleTo(widget.native)

    names = [one.name for one in viewer.layers]
    assert widget.target.image.choices == (layer,)  # its own probabilities are not offered
    widget.target.area.value = Area.PLANE
    viewer.dims.set_point(0, 12)
    _predict(qtbot, widget)
    assert [one.name for one in viewer.layers] == [*names, *(f"{name} [1]" for name in names[1:])]
    shown = viewer.layers[-4]
    assert shown.data.shape == (1, *cells.shape)
    np.testing.assert_allclose(shown.data_to_world((0, 5, 6)), layer.data_to_world((1, 5, 6)))
    assert np.abs(shown.data[0] - expected[1, 0]).max() < 1e-3
    assert first_plane(viewer.layers["stack: objects [1]"]) == {"Z": 1}

    widget.wishes.replace.value = True
    for kind in ("probabilities", "classes"):
        widget.wishes.results[kind].value = False
    _predict(qtbot, widget)
    assert [one.name for one in viewer.layers] == [*names, "stack: objects [1]"]
    assert viewer.layers[-1].data.shape == (1, *cells.shape)


def test_only_what_is_in_view_is_predicted(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, cells: NDArray[np.uint8]
) -> None:
    path = new_model()
    model_choice.choose(path)
    turned = viewer.add_image(cells, name="cells", scale=(0.5, 0.25), translate=(100, -7), rotate=90)
    widget.target.area.value = Area.VISIBLE
    viewer.scene.camera.center = turned.data_to_world((60, 70))
    viewer.scene.camera.zoom = 40 * min(viewer.canvas.size) / 600
    _predict(qtbot, widget)
    result = viewer.layers["cells: probability of cell"]
    assert 0 < result.data.size < cells.size
    row, column = np.rint(turned.world_to_data(result.data_to_world((0, 0)))).astype(int)
    height, width = result.data.shape
    assert row < 60 < row + height
    assert column < 70 < column + width
    expected = predict_array(path, cells, device=CPU)[0, row : row + height, column : column + width]
    assert np.abs(result.data - expected).max() < 1e-3
    viewer.scene.camera.center = (1e5, 1e5)
    widget.predict.native.click()
    assert not widget.is_busy
    assert len(viewer.layers) == 4


def test_stop_leaves_what_is_there_and_all_layers_gone_is_a_stop(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, said: list[str]
) -> None:
    model_choice.choose(new_model())
    large = make_cells("fluorescence", shape=(600, 600), count=20, seed=3).image
    layer = viewer.add_image(np.stack([large] * 6), name="large")
    widget.target.area.value = Area.ALL_PLANES
    widget.predict.native.click()
    qtbot.waitUntil(lambda: "large: objects" in viewer.layers, timeout=60_000)  # they come one by one
    objects = viewer.layers["large: objects"]
    assert not objects.editable
    assert not widget.predict.native.isVisibleTo(widget.native)
    viewer.layers.remove(layer)  # what was there is predicted all the same
    widget.stop.native.click()
    qtbot.waitUntil(lambda: not widget.is_busy, timeout=60_000)
    assert widget.status.value.startswith("Stopped; what is there stays")
    probabilities = viewer.layers["large: probability of cell"].data
    assert probabilities[0, 0, 0] > 0
    assert (probabilities[-1] == 0).all()
    assert objects.editable

    viewer.layers.clear()
    layer = viewer.add_image(np.stack([large] * 6), name="large")
    widget.target.area.value = Area.ALL_PLANES
    widget.predict.native.click()
    qtbot.waitUntil(lambda: "large: objects" in viewer.layers, timeout=60_000)
    for result in list(viewer.layers)[1:]:
        viewer.layers.remove(result)
    layer.data = layer.data[:2]
    qtbot.waitUntil(lambda: not widget.is_busy, timeout=60_000)
    assert [one.name for one in viewer.layers] == ["large"]
    assert widget.status.value.startswith("Stopped")
    assert said == []


def test_what_does_not_fit_is_refused_with_a_reason(
    qtbot: QtBot,
    viewer: ViewerModel,
    widget: PredictWidget,
    new_model: NewModel,
    cells: NDArray[np.uint8],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> str:
        _predict(qtbot, widget)
        assert len(said) == 1
        return said.pop()

    assert refused().startswith("error: There is no model to predict with. Train one")
    model_choice.choose(new_model(pixel_size=0.5))
    assert "There is no image to predict. Open one" in refused()
    labels = viewer.add_labels((cells > 99).astype(int), name="painted")
    assert viewer.layers.selection.active == labels
    assert "There is no image to predict" in refused()

    coloured = viewer.add_image(np.zeros((3, 40, 40), np.uint8), name="triple", axis_labels=("c", "y", "x"))
    assert "triple has 3 channel(s), but the model was trained on images with 1" in refused()
    assert widget.misfit.value.startswith("triple has 3 channel(s)")
    viewer.layers.remove(coloured)
    assert widget.misfit.value == ""
    viewer.add_image(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8), name="rgb")
    assert "rgb has 3 channel(s)" in refused()
    viewer.layers.clear()
    far = viewer.add_image(cells, name="far", scale=(50, 50), units=("um", "um"))
    assert "far has 50 micrometres a pixel, but the model learnt at 0.5" in refused()
    viewer.layers.remove(far)

    viewer.add_image(np.full((40, 40), np.nan, np.float32), name="gaps", contrast_limits=(0, 1))
    assert "gaps holds NaN or infinite values" in refused()
    viewer.add_image(cells, name="good")
    for box in widget.wishes.results.values():
        box.value = False
    assert "Tick at least one result" in refused()
    widget.wishes.results["classes"].value = True
    widget.wishes.tiles.tile.value = "few"
    assert "'few' will not do" in refused()
    widget.wishes.tiles.tile.value = ""
    monkeypatch.setattr(prediction_arrays, "physical_memory", lambda: 1000)
    assert "more than is good for this computer's" in refused()
    widget.target.area.value = Area.FOLDER
    assert "Choose the folder that holds the images" in refused()
    assert [layer.name for layer in viewer.layers] == ["gaps", "good"]


def test_a_folder_is_predicted_into_files(
    qtbot: QtBot,
    tmp_path: Path,
    widget: PredictWidget,
    new_model: NewModel,
    cells: NDArray[np.uint8],
    said: list[str],
) -> None:
    model_choice.choose(new_model())
    (tmp_path / "images").mkdir()
    for name in "ab":
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", cells)
    widget.target.area.value = Area.FOLDER
    assert not widget.target.image.native.isVisibleTo(widget.native)
    widget.target.folder.line_edit.value = str(tmp_path / "images")
    widget.target.out.line_edit.value = str(tmp_path / "out")
    widget.wishes.results["instances"].value = False
    _predict(qtbot, widget)
    assert widget.status.value == f"Done: 2 images, results in {tmp_path / 'out'}."
    assert {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.tif")} == {
        f"{kind}/{name}.tif" for kind in ("probabilities", "classes") for name in "ab"
    }
    _predict(qtbot, widget)
    assert len(said) == 1
    assert "is there already" in said[0]
    assert "--" not in said[0]
    widget.target.again.skip_existing.value = True
    _predict(qtbot, widget)
    assert len(said) == 2
    assert "have their results" in said[1]


def test_objects_are_cleaned_as_the_user_sets_it(
    qtbot: QtBot,
    viewer: ViewerModel,
    widget: PredictWidget,
    new_model: NewModel,
    cells: NDArray[np.uint8],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model_choice.choose(new_model())
    viewer.add_image(cells, name="cells")
    widget.wishes.advanced.turn()
    widget.wishes.cleaning.min_size.value = 50
    assert widget.wishes.threshold() == ThresholdSettings(min_size=50)
    _predict(qtbot, widget)
    objects = viewer.layers["cells: objects"]
    assert isinstance(objects, Labels)
    assert np.bincount(objects.data.ravel())[1:].min(initial=50) >= 50
    assert not viewer.layers["cells: classes"].visible  # the objects show the same

    count = len(viewer.layers)
    widget.wishes.cleaning.split_touching.value = True
    monkeypatch.setattr(plane_labels, "SPLIT_PIXELS", 1000)
    _predict(qtbot, widget)
    assert len(said) == 1
    assert "cells: touching objects can be split in planes of up to" in said[0]
    assert len(viewer.layers) == count


def test_layers_come_one_by_one_and_the_window_lives_meanwhile(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, cells: NDArray[np.uint8]
) -> None:
    model_choice.choose(new_model())
    viewer.add_image(cells, name="cells")
    seen: set[int] = set()
    turn = QTimer()
    turn.timeout.connect(lambda: seen.add(len(viewer.layers)))
    turn.start(0)
    _predict(qtbot, widget)
    turn.stop()
    assert seen == {1, 2, 3, 4}


def test_a_bug_in_the_worker_is_told(
    qtbot: QtBot,
    viewer: ViewerModel,
    widget: PredictWidget,
    new_model: NewModel,
    cells: NDArray[np.uint8],
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from napari_cytounet.unet.network import UNet

    def fail(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(UNet, "forward", fail)
    model_choice.choose(new_model())
    viewer.add_image(cells, name="cells")
    _predict(qtbot, widget)
    assert said[-1].startswith("error: There is not enough memory for tiles of 16 pixels")
    assert [layer.name for layer in viewer.layers] == ["cells"]


def test_closing_the_window_ends_the_prediction(
    qtbot: QtBot,
    make_napari_viewer: Callable[[], ViewerModel],
    new_model: NewModel,
    said: list[str],
) -> None:
    model_choice.choose(new_model())
    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((50, 300, 300), np.uint8), name="long")
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", "Predict with U-Net")
    widget.target.area.value = Area.ALL_PLANES
    widget.predict.native.click()
    qtbot.waitUntil(lambda: len(viewer.layers) > 1, timeout=60_000)
    layer = viewer.layers["long: probability of cell"]
    viewer.close()
    qtbot.wait(200)
    assert (layer.data[-1] == 0).all()
    assert said == []
