"""Tests of the way between measurements and the features of a labels layer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_cytounet.events import drain
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.measuring.features import classes_in, features_with
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


def test_features_without_an_index_are_those_of_the_labels_in_order() -> None:
    classes = classes_in(pd.DataFrame({"class": [0, 3, 1]}))
    assert classes is not None
    assert classes.of_label == {0: 0, 1: 3, 2: 1}


@pytest.mark.parametrize(
    ("features", "of_label", "names"),
    [
        ({"index": [4, 6], "class": [2, 1]}, {4: 2, 6: 1}, {}),
        ({"index": [4, 6], "class": [2.0, np.nan]}, {4: 2}, {}),
        (
            {"index": [4, 6], "class": [2, 1], "class_name": ["nucleus", "cell"]},
            {4: 2, 6: 1},
            {1: "cell", 2: "nucleus"},
        ),
        ({"index": [4, 6, 8], "class_name": ["b", "a", "b"]}, {4: 2, 6: 1, 8: 2}, {1: "a", 2: "b"}),
    ],
)
def test_classes(features: dict[str, list[object]], of_label: dict[int, int], names: dict[int, str]) -> None:
    classes = classes_in(pd.DataFrame(features))
    assert classes is not None
    assert classes.of_label == of_label
    assert classes.names == names


def test_no_classes() -> None:
    assert classes_in(pd.DataFrame({"index": [1], "area": [3.0]})) is None
