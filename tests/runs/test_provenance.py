"""Each result says which model, settings and input made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.runs.predicting import predict
from napari_cytounet.runs.provenance import provenance_of
from napari_cytounet.runs.record import digest, read_record
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import DeviceSettings, PredictionSettings, ThresholdSettings

CPU = DeviceSettings(device="cpu", threads=1)


def test_model_settings_and_input_of_a_result(run: TrainResult, cells: Path, tmp_path: Path) -> None:
    images = sorted((cells / "images").iterdir())
    result = predict(run.model, images[:2], out=tmp_path, device=CPU)
    assert len(result.written) == 6
    for path in result.written:
        told = provenance_of(path)
        assert told["model"]["sha256"] == content_hash(run.model)
        assert told["model"]["record"] == digest(read_record(run.run / "record.json"))
        assert told["settings"]["threshold"]["min_size"] == 0
        assert told["settings"]["prediction"]["output"] == ["probabilities", "classes", "instances"]
        assert told["input"]["sha256"] == content_hash(cells / "images" / path.name)


def test_results_that_were_replaced_name_what_replaced_them(
    run: TrainResult, cells: Path, tmp_path: Path
) -> None:
    image = cells / "images" / "cells_0.tif"
    classes = PredictionSettings(output=("classes",), overwrite=True)
    for least in (0, 5):
        predict(
            run.model,
            image,
            out=tmp_path,
            device=CPU,
            settings=classes,
            threshold=ThresholdSettings(min_size=least),
        )
    assert provenance_of(tmp_path / "classes" / "cells_0.tif")["settings"]["threshold"]["min_size"] == 5
    with pytest.raises(OutputError, match="Nothing is known"):
        provenance_of(tmp_path / "instances" / "cells_0.tif")
