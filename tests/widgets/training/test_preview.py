"""Tests of the live prediction as a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.events import Previewed
from napari_cytounet.images.writing import write_image
from napari_cytounet.widgets.previews import is_preview
from napari_cytounet.widgets.training.preview import TrainingPreview, over_layer


def _event(path: Path | str, source: Path | str, index: tuple[int, ...] = (), **box: Any) -> Previewed:
    return Previewed(str(path), str(source), index, **{"rows": (0, 8), "columns": (0, 6)} | box, step=1)


def _corners(layer: ImageLayer | LabelsLayer, top: float, left: float, bottom: float, right: float) -> Any:
    """Return where in the world the edges of a box of the last two dimensions lie (half a pixel outside)."""
    lead = [0] * (layer.ndim - 2)
    return [layer.data_to_world([*lead, y - 0.5, x - 0.5]) for y, x in ((top, left), (bottom, right))]


@pytest.mark.parametrize(
    "placed",
    [
        {},
        {"scale": (0.5, 0.25), "translate": (3, -7)},
        {"scale": (0.5, 0.25), "translate": (3, -7), "rotate": 30, "shear": (0.2,)},
        {"affine": [[0, 2, 5], [-1, 0, 3], [0, 0, 1]], "scale": (2, 3)},
    ],
)
def test_a_preview_lies_exactly_over_its_part_of_the_image(placed: dict[str, Any]) -> None:
    image = ImageLayer(np.zeros((40, 60)), **placed)
    event = _event("", "", rows=(4, 20), columns=(10, 40))
    data, keywords = over_layer(np.ones((8, 10), np.uint8), image, event)
    preview = LabelsLayer(data, **keywords)
    assert data.shape == (8, 10)
    np.testing.assert_allclose(_corners(preview, 0, 0, 8, 10), _corners(image, 4, 10, 20, 40))


@pytest.mark.parametrize(
    ("shape", "labels", "index", "shown", "at"),
    [
        ((5, 8, 6), None, (3,), (1, 8, 6), (3, 0, 0)),
        ((2, 5, 8, 6), None, (1, 4), (1, 1, 8, 6), (1, 4, 0, 0)),
        ((1, 5, 8, 6), None, (4,), (1, 1, 8, 6), (0, 4, 0, 0)),  # files forget axes of length 1
        ((3, 5, 8, 6), ("c", "z", "y", "x"), (4,), (1, 8, 6), (4, 0, 0)),
        ((5, 6, 8), ("z", "x", "y"), (2,), (1, 6, 8), (2, 0, 0)),
    ],
)
def test_a_preview_lies_on_its_plane(
    shape: tuple[int, ...],
    labels: tuple[str, ...] | None,
    index: tuple[int, ...],
    shown: tuple[int, ...],
    at: tuple[int, ...],
) -> None:
    image = ImageLayer(np.zeros(shape), axis_labels=labels, scale=[2.0] * len(shape))
    data, keywords = over_layer(np.ones((8, 6), np.uint8), image, _event("", "", index))
    assert data.shape == shown
    np.testing.assert_allclose(keywords["translate"], 2.0 * np.array(at))


def _save(path: Path, value: int, classes: int = 1) -> None:
    np.save(path, np.full((classes, 8, 6), value, np.uint8))


def test_one_layer_of_ours_shows_all_previews_and_disturbs_nobody(viewer: Viewer, tmp_path: Path) -> None:
    image = viewer.add_image(np.zeros((5, 8, 6)), name="cells", scale=(1, 0.5, 0.5))
    painted = viewer.add_labels(np.zeros((5, 8, 6), int), name="training preview of cells")
    viewer.layers.selection.active = painted
    file, source = tmp_path / "preview.npy", tmp_path / "01_cells.zarr"
    preview = TrainingPreview(viewer, {source: image}, ["#ff0000"])

    preview.show(_event(file, source, (3,)))  # nothing is there yet
    assert len(viewer.layers) == 2
    _save(file, 200)
    preview.show(_event(file, source, (3,)))
    layer = viewer.layers["training preview of cells [1]"]
    assert viewer.layers.selection.active == painted
    assert is_preview(layer)
    assert not layer.editable
    assert (layer.data == 1).all()
    np.testing.assert_allclose(layer.colormap.map(np.array([1]))[0], (1, 0, 0, 1))
    np.testing.assert_allclose(layer.translate, (3, 0, 0))

    _save(file, 100)
    preview.show(_event(file, source, (1,)))
    assert not layer.data.any()
    np.testing.assert_allclose(layer.translate, (1, 0, 0))
    assert len(viewer.layers) == 3

    TrainingPreview(viewer, {})  # another training begins
    assert [layer.name for layer in viewer.layers] == ["cells", "training preview of cells"]
    preview.show(_event(file, source, (1,)))
    assert len(viewer.layers) == 2


def test_images_of_folders_are_opened_once(viewer: Viewer, tmp_path: Path, qtbot: QtBot) -> None:
    source, file = tmp_path / "cells.tif", tmp_path / "preview.npy"
    write_image(source, np.zeros((2, 8, 6), np.uint8), "ZYX")
    _save(file, 200, classes=2)
    preview = TrainingPreview(viewer, {})
    preview.show(_event(file, source, (1,)))
    preview.show(_event(file, source, (1,)))
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=5000)
    preview.show(_event(file, source, (1,)))
    assert [layer.name for layer in viewer.layers] == ["cells Z=1", "training preview of cells Z=1"]
    assert viewer.layers[1].data.shape == (8, 6)

    viewer.layers.remove(viewer.layers[0])
    preview.show(_event(file, source, (1,)))
    assert len(viewer.layers) == 1  # who takes the image away wants to see no more


def test_an_image_that_is_gone_is_passed_over(viewer: Viewer, tmp_path: Path, qtbot: QtBot) -> None:
    _save(tmp_path / "preview.npy", 200)
    preview = TrainingPreview(viewer, {})
    preview.show(_event(tmp_path / "preview.npy", tmp_path / "gone.tif"))
    qtbot.wait(100)
    preview.forget()
    assert len(viewer.layers) == 0
