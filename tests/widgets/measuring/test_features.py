"""Tests of the way between measurements and the features of a labels layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from napari_cytounet.events import drain
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.measuring.features import features_with
from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements, measuring_planes


def _measured(labels: list[list[int]] | np.ndarray, axes: str = "YX") -> ObjectMeasurements:
    image = Image.from_array(np.array(labels), axes, name="cells")
    return drain(measuring_planes(image, image.planes))


def test_measurements_are_added_and_all_else_is_kept() -> None:
    old = pd.DataFrame(
        {"index": [2, 5, 9], "class": [1, 2, 1], "note": ["a", "b", "c"], "area_px": [0.0, 0.0, 0.0]}
    )
    new = features_with(old, _measured([[5, 5, 0, 2, 7]]))
    assert new is not None
    assert new["index"].tolist() == [2, 5, 7, 9]
    assert new["area_px"].tolist()[:3] == [1, 2, 1]
    assert np.isnan(new["area_px"][3])
    assert new["note"].tolist()[:2] == ["a", "b"]
    assert new["class"][1] == 2
    assert "image" not in new
    assert "label" not in new


def test_a_label_of_several_objects_has_no_row_of_its_own() -> None:
    assert features_with(pd.DataFrame(), _measured(np.array([[[1, 0]], [[1, 1]]]), "ZYX")) is None
