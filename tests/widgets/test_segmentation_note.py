"""Tests of noting how labels were made."""

from __future__ import annotations

import json

import numpy as np
from napari.layers import Labels

from napari_cytounet.widgets.preferences import PLUGIN
from napari_cytounet.widgets.segmentation_note import note_segmentation, segmentation_tags


def test_each_plane_keeps_what_made_it_last_and_nothing_else_is_forgotten() -> None:
    layer = Labels(np.zeros((3, 4, 4), int), metadata={"mine": 1, PLUGIN: {"kind": "instances"}})
    note_segmentation(layer, [(2,), (0,)], [{"method": "otsu"}, {"method": "li"}])
    note_segmentation(layer, [(2,)], [{"method": "fixed", "value": 3.5}])
    assert layer.metadata["mine"] == 1
    assert layer.metadata[PLUGIN]["kind"] == "instances"
    said = json.loads(segmentation_tags(layer.metadata)["segmentation"])
    assert said == [{"plane": [0], "method": "li"}, {"plane": [2], "method": "fixed", "value": 3.5}]


def test_other_labels_have_no_note() -> None:
    assert segmentation_tags({}) == {}
    assert segmentation_tags({PLUGIN: {"kind": "instances"}}) == {}
