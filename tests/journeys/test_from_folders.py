"""From folders to files, in cytounet's layout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.settings import PredictionSettings
from napari_cytounet.widgets.prediction.target import Area


@pytest.mark.slow
def test_from_folders_to_files(user: Any, data: Path, tmp_path: Path) -> None:
    source = data / "bbbc030"
    for part, count in (("train", 8), ("validation", 4)):
        for kind, name in (("images", "images"), ("new_outlines", "masks")):
            folder = tmp_path / "cells" / part / name
            folder.mkdir(parents=True)
            for path in sorted((source / part / kind).glob("*.png"))[:count]:
                shutil.copy(path, folder)
    train = user.opens("Train U-Net")
    train.sources.source.value = "folders"
    train.sources.folders.images.value = tmp_path / "cells"
    user.waits(lambda: "8 images with masks" in train.sources.meaning.found.value)
    assert "4 to validate on" in train.sources.meaning.found.value
    user.shoots("train-from-folders", theme="light")
    user.trains(train, steps=150)

    new = tmp_path / "new"
    new.mkdir()
    for path in find_images(source / "validation" / "images")[:2]:
        shutil.copy(path, new)
    train.predict_button.native.click()
    predict = user.opens("Predict with U-Net")
    predict.target.area.value = Area.FOLDER
    predict.target.folder.value, predict.target.out.value = new, tmp_path / "results"
    user.shoots("predict-folder")
    assert user.predicts(predict) == []
    names = {path.stem for path in new.iterdir()}
    for kind in PredictionSettings().output:
        assert {path.stem for path in (tmp_path / "results" / kind).iterdir()} == names
    found = open_image(tmp_path / "results" / "instances" / f"{min(names)}.tif").read()
    assert found.max() > 5
