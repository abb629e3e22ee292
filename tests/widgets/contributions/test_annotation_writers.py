"""Tests of writing labels layers for other programs, through napari's own way of saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels

from napari_cytounet.errors import OutputError
from napari_cytounet.images.object_categories import class_of_labels
from napari_cytounet.images.reading import find_masks, open_image
from napari_cytounet.widgets.contributions.annotation_writers import write_coco, write_geojson


def _cells() -> Labels:
    labels = np.zeros((40, 50), np.int64)
    labels[4:12, 5:20] = 3
    labels[20:30, 30:50] = 700
    return Labels(labels, name="cells")


@pytest.mark.parametrize("suffix", ["geojson", "zip", "coco.json", "via.csv", "voc.xml", "labelme.json"])
def test_layer_save_finds_the_writers(suffix: str, tmp_path: Path) -> None:
    (saved,) = _cells().save(str(tmp_path / f"cells.{suffix}"))
    (mask,) = find_masks(saved)
    labels = open_image(mask).read()[0]
    assert np.bincount(labels.ravel())[1:].tolist() == [120, 200]


@pytest.mark.parametrize("suffix", ["geojson", "coco.json", "via.csv", "voc.xml", "labelme.json"])
def test_the_classes_of_objects_are_their_categories(suffix: str, tmp_path: Path) -> None:
    cells = _cells()
    cells.features = pd.DataFrame({"index": [3, 700], "class": [2, 1], "class_name": ["dividing", "resting"]})
    (saved,) = cells.save(str(tmp_path / f"cells.{suffix}"))
    (mask,) = find_masks(saved)
    opened = open_image(mask)
    classes = class_of_labels(opened, ("dividing", "resting"))
    assert classes[opened.read()[0][[5, 25], [10, 40]]].tolist() == [1, 2]


def test_a_stack_needs_a_format_that_knows_planes(tmp_path: Path) -> None:
    stack = Labels(np.stack([_cells().data] * 2), name="cells").as_layer_data_tuple()[:2]
    with pytest.raises(OutputError, match=r"the layer cells is a stack, and coco knows no planes"):
        write_coco(str(tmp_path / "cells.json"), *stack)
    (saved,) = write_geojson(str(tmp_path / "cells"), *stack)
    assert saved == str(tmp_path / "cells.geojson")
    assert open_image(find_masks(saved)[0]).axes == "ZYX"
