"""The jobs called from Python, with paths as people write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_cytounet import (
    NetworkSettings,
    ThresholdSettings,
    TrainingSettings,
    TrainSettings,
    evaluate,
    load_model,
    measure,
    predict,
    threshold,
    train,
)
from napari_cytounet.images.samples.synthetic import write_synthetic
from napari_cytounet.images.writing import write_image

SMALL = TrainSettings(
    training=TrainingSettings(steps=2, batch_size=2, patch_size=32),
    network=NetworkSettings(base_width=4, depth=2),
)


def test_training_and_prediction(tmp_path: Path) -> None:
    cells = write_synthetic(tmp_path / "cells", "dic", images=2, validation=1, shape=(64, 64), count=2)
    trained = train(str(cells), out=str(tmp_path / "run"), settings=SMALL)
    predicted = predict(str(trained.run), [str(cells / "validation" / "images")], out=str(tmp_path / "out"))
    assert predicted.images == 1
    assert load_model(str(trained.model)).card.thresholds == trained.thresholds


def test_thresholding_scoring_and_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cell = np.zeros((20, 20), np.uint8)
    cell[5:10, 5:15] = 255
    write_image(tmp_path / "cell.tif", cell, "YX")
    threshold("cell.tif", "out", ThresholdSettings(method="otsu"))
    assert evaluate("out/instances", "cell.tif").scores["dice"].pooled == 1
    assert measure("out/instances", "table.csv", image="cell.tif").objects == 1
