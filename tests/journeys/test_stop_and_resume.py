"""Stop in the middle, resume, predict."""

from __future__ import annotations

from typing import Any

import pytest
from napari.layers import Labels

from napari_cytounet.widgets.model_choice import model_choice


@pytest.mark.slow
def test_stop_resume_and_predict(user: Any) -> None:
    viewer = user.viewer
    image, _ = viewer.open_sample("napari-cytounet", "dic")
    train = user.opens("Train U-Net")
    train.choices.preset.value = "fast"
    train.choices.minutes.value = 0.3
    user.waits(lambda: "each value is one object" in train.sources.meaning.found.value or _says_so(train))
    train.train_button.native.click()
    user.waits(lambda: "Dice" in train.status.value)
    train.stop_button.native.click()
    user.waits(lambda: train.status.value.startswith("Stopped after"))
    assert model_choice.chosen is not None
    first = model_choice.chosen.path.read_bytes()

    train = user.opens("Train U-Net")
    user.waits(lambda: bool(train.runs.visible))
    user.shoots("resume")
    train.runs.button.native.click()
    user.waits(lambda: train.status.value.startswith("Trained after"))
    assert model_choice.chosen.path.read_bytes() != first
    assert len(list(model_choice.chosen.path.parent.parent.iterdir())) == 1

    viewer.layers.selection.active = image
    made = user.predicts(user.opens("Predict with U-Net"))
    (objects,) = (layer for layer in made if isinstance(layer, Labels) and "objects" in layer.name)
    assert objects.data.max() > 3


def _says_so(train: Any) -> bool:
    return "single objects" in train.sources.meaning.found.value
