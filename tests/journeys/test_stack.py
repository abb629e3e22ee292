"""A stack of which two planes are labelled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.widgets.prediction.target import Area

PLANES = 5


@pytest.mark.slow
def test_a_stack_with_two_labelled_planes(user: Any) -> None:
    viewer = user.viewer
    fields = [make_cells("fluorescence", shape=(256, 256), seed=seed) for seed in range(PLANES)]
    placed = {"scale": (2, 0.5, 0.5), "units": ("um",) * 3, "axis_labels": ("z", "y", "x")}
    image = viewer.add_image(np.stack([field.image for field in fields]), name="stack", **placed)
    painted = np.zeros((PLANES, 256, 256), np.uint8)
    for plane in (1, 3):
        painted[plane] = fields[plane].instances > 0
    viewer.add_labels(painted, name="painted", **placed)
    viewer.dims.set_current_step(0, 1)

    train = user.opens("Train U-Net")
    user.waits(lambda: "2 of the 5 planes" in train.sources.meaning.found.value)
    user.trains(train, steps=120)

    viewer.layers.selection.active = image
    predict = user.opens("Predict with U-Net")
    predict.target.area.value = Area.ALL_PLANES
    made = user.predicts(predict)
    user.shoots("stack")
    assert predict.status.value.startswith("Done: 5 planes")
    (objects,) = (layer for layer in made if isinstance(layer, Labels) and "objects" in layer.name)
    assert objects.data.shape == (PLANES, 256, 256)
    np.testing.assert_allclose(objects.scale, image.scale)
    assert (objects.units, objects.axis_labels) == (image.units, image.axis_labels)
    for plane in (0, 2, 4):  # never seen
        found, truth = np.asarray(objects.data[plane]) > 0, fields[plane].instances > 0
        assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.7
