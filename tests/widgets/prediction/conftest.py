"""A widget that predicts, and cells for it."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.widgets.prediction.predict import PredictWidget


@pytest.fixture(scope="module")
def cells() -> NDArray[np.uint8]:
    return make_cells("fluorescence", shape=(120, 140), count=8, seed=3).image


@pytest.fixture
def widget(viewer: ViewerModel) -> PredictWidget:
    docked = PredictWidget(viewer)
    viewer.window.add_dock_widget(docked)
    docked.wishes.tiles.tile.value = "32"
    return docked
