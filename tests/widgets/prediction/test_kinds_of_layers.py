"""Tests of predicting layers of all kinds: colours, many scales, lazy data, other axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from napari_cytounet.images.memory import physical_memory
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.prediction import predict_array
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.prediction.predict import PredictWidget
from napari_cytounet.widgets.prediction.target import Area

NewModel = Callable[..., Path]
CPU = DeviceSettings(device="cpu", threads=1)


def _predict(qtbot: QtBot, widget: PredictWidget) -> None:
    widget.predict.native.click()
    qtbot.waitUntil(lambda: not widget.is_busy, timeout=60_000)


@pytest.fixture
def no_threads_of_dask() -> Iterator[None]:
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.mark.usefixtures("no_threads_of_dask")
def test_kinds_of_layers(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, cells: NDArray[np.uint8]
) -> None:
    coloured = np.stack([cells, cells[::-1], cells[:, ::-1]])
    of_one, of_three = new_model("one.safetensors"), new_model("three.safetensors", channels=3)

    def check(model: Path, expected: NDArray[np.uint8], axes: str) -> Image:
        model_choice.choose(model)
        _predict(qtbot, widget)
        result = viewer.layers["image: probability of cell"]
        assert np.abs(result.data - predict_array(model, expected, axes, device=CPU)[0]).max() < 1e-3
        viewer.layers.clear()
        return result

    viewer.add_image(np.moveaxis(coloured, 0, -1), name="image")
    check(of_three, coloured, "CYX")
    viewer.add_image(np.repeat(cells[..., None], 3, axis=-1), name="image")  # grey, stored as RGB
    check(of_one, cells, "YX")
    viewer.add_image([cells, cells[::2, ::2]], name="image", multiscale=True)
    check(of_one, cells, "YX")
    viewer.add_image(da.from_array(cells, chunks=64), name="image", contrast_limits=(0, 255))
    check(of_one, cells, "YX")
    viewer.add_image(coloured, name="image", axis_labels=("c", "y", "x"), scale=(1, 0.5, 0.25))
    assert tuple(check(of_three, coloured, "CYX").scale) == (0.5, 0.25)
    viewer.add_image(cells.T, name="image", axis_labels=("x", "y"), scale=(0.25, 0.5))
    model_choice.choose(of_one)
    _predict(qtbot, widget)
    result = viewer.layers["image: probability of cell"]
    assert tuple(result.scale) == (0.25, 0.5)
    assert np.abs(result.data.T - predict_array(of_one, cells, device=CPU)[0]).max() < 1e-3


@pytest.mark.usefixtures("no_threads_of_dask")
def test_of_an_image_larger_than_memory_only_the_plane_that_is_predicted_is_read(
    qtbot: QtBot, viewer: ViewerModel, widget: PredictWidget, new_model: NewModel, cells: NDArray[np.uint8]
) -> None:
    read: set[int] = set()

    def plane(block_info: Any = None) -> NDArray[np.float64]:
        read.add(block_info[None]["chunk-location"][0])
        return np.tile(cells, (10, 10))[None].astype(np.float64)

    size = (1, 10 * cells.shape[0], 10 * cells.shape[1])
    planes = 2 * (physical_memory() or 2**35) // (8 * size[1] * size[2])
    chunks = ((1,) * planes, (size[1],), (size[2],))
    model_choice.choose(new_model())
    viewer.add_image(
        da.map_blocks(plane, chunks=chunks, dtype=np.float32), name="huge", contrast_limits=(0, 255)
    )
    viewer.dims.set_current_step(0, 5)
    widget.target.area.value = Area.PLANE
    widget.wishes.tiles.tile.value = "256"
    read.clear()
    _predict(qtbot, widget)
    assert viewer.layers["huge: objects"].data.shape == size
    assert read == {5}
