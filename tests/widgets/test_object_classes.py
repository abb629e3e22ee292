"""Tests of what the features of a labels layer tell of the classes of its objects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_cytounet.widgets.object_classes import classes_in


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
