"""From a sample to a table: train a minute on real cells, predict others, threshold, measure, save."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari import Viewer
from napari.layers import Labels, Layer

from napari_cytounet.images.reading import open_image
from napari_cytounet.widgets.measuring.colouring import AS_LABELS
from napari_cytounet.widgets.model_choice import model_choice
from napari_cytounet.widgets.previews import is_preview

FIELD = 13
"""The field of the validation images that is looked at: cho14."""


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_from_a_sample_to_a_table(user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = user.viewer
    viewer.open_sample("napari-cytounet", "bbbc030-train")
    train = user.opens("Train U-Net")
    train.choices.preset.value = "fast"
    user.waits(lambda: "one kind of thing" in train.sources.meaning.found.value)
    user.shoots("train")
    train.train_button.native.click()
    user.waits(lambda: any(layer.name.startswith("training preview") for layer in viewer.layers))
    (preview,) = (layer for layer in viewer.layers if layer.name.startswith("training preview"))
    viewer.dims.set_point(0, preview.data_to_world((0,) * preview.ndim)[0])
    viewer.layers["BBBC030 train masks"].visible = False
    steps = 150
    user.waits(lambda: train.predict_button.visible or _steps(train.status.value) >= steps)
    user.shoots("training")
    user.waits(lambda: bool(train.predict_button.visible))
    user.shoots("trained")
    assert model_choice.chosen is not None
    assert model_choice.chosen.card.validation_dice is not None
    assert model_choice.chosen.card.validation_dice > 0.8

    for layer in viewer.layers:
        layer.visible = False
    images, masks = viewer.open_sample("napari-cytounet", "bbbc030-validation")
    masks.visible = False
    viewer.layers.selection.active = images
    viewer.dims.set_current_step(0, FIELD)
    made = user.predicts(user.opens("Predict with U-Net"))
    user.shoots("predicted")
    (objects,) = (layer for layer in made if isinstance(layer, Labels) and "objects" in layer.name)
    (probabilities,) = (layer for layer in made if not isinstance(layer, Labels))
    truth = masks.data[FIELD] > 0
    assert _dice(np.asarray(objects.data).squeeze() > 0, truth) > 0.8

    viewer.layers.selection.active = probabilities
    threshold = user.opens("Threshold to labels")
    user.waits(lambda: "object" in threshold.status.value)
    user.shoots("threshold")
    before = set(viewer.layers)
    threshold.making.make.native.click()
    user.waits(lambda: bool(_new_labels(viewer, before)))
    (labels,) = _new_labels(viewer, before)

    viewer.layers.selection.active = labels
    measure = user.opens("Measure objects")
    measure.go.native.click()
    user.waits(lambda: bool(measure.results.visible))
    measure.areas.value = True
    user.shoots("measured")
    user.shoots("measured-light", theme="light")
    measure.areas.value = False
    measure.colours.column.value = "area_px"
    colours = np.unique(labels.colormap.map(labels.data[labels.data > 0]), axis=0)
    assert 2 < len(colours) < len(np.unique(labels.data)), "each object by its area, some areas are alike"
    user.shoots("coloured")
    measure.colours.column.value = AS_LABELS
    table = tmp_path / "cells.csv"
    monkeypatch.setattr("napari_cytounet.widgets.measuring.measure.ask_path", lambda *_: table)
    measure.save.native.click()
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert len(rows) == len(np.unique(labels.data)) - 1 > 3
    assert all(float(row["area_px"]) > 0 for row in rows)

    saved = labels.save(str(tmp_path / "labels.tif"), plugin="napari-cytounet")
    np.testing.assert_array_equal(open_image(saved[0]).read()[0], np.asarray(labels.data).squeeze())


def _new_labels(viewer: Viewer, before: set[Layer]) -> list[Labels]:
    new = (layer for layer in viewer.layers if layer not in before)
    return [layer for layer in new if isinstance(layer, Labels) and not is_preview(layer)]


def _steps(status: str) -> int:
    """Return the steps in a line such as `Step 150, loss 0.3`."""
    first = status.split(",")[0].removeprefix("Step ")
    return int(first) if first.isdigit() else 0


def _dice(found: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))
