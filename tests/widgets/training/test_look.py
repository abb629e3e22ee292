"""Tests of what is said of labels before a training."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.images.samples.synthetic import write_synthetic
from napari_cytounet.settings import MaskKind, MaskSettings
from napari_cytounet.widgets.training.labelled_layers import LayerPair
from napari_cytounet.widgets.training.look import look_at_folders, look_at_layers

GO_ON = threading.Event()


def _two_squares() -> LayerPair:
    labels = np.zeros((32, 24), np.uint8)
    labels[2:10, 2:10], labels[20:28, 10:20] = 1, 2
    return LayerPair(ImageLayer(np.zeros((32, 24)), name="cells"), LabelsLayer(labels, name="painted"))


def test_where_two_kinds_fit_the_user_is_asked_in_the_words_of_the_fields() -> None:
    look = look_at_layers([_two_squares()], MaskSettings(), GO_ON)
    assert look.reading is None
    assert look.text.endswith("Say which: “labels hold: classes” or “labels hold: instances”.")
    assert "--" not in look.text


def test_a_kind_that_was_chosen_is_read_so() -> None:
    look = look_at_layers([_two_squares()], MaskSettings(masks=MaskKind.INSTANCES), GO_ON)
    assert look.text == "painted labels cells.\nThey hold single objects (as you said)."
    assert look.reading is not None


def test_many_pairs_are_spoken_of_together() -> None:
    look = look_at_layers([_two_squares()] * 3, MaskSettings(masks=MaskKind.CLASSES), GO_ON)
    assert look.text.startswith("3 of the 3 planes of 3 images are labelled.\nThey hold classes")


def test_nothing_is_said_of_nothing() -> None:
    assert look_at_layers([], MaskSettings(), GO_ON).text == ""


def test_folders_in_the_layout_of_cytounet_are_looked_at(tmp_path: Path) -> None:
    folder = write_synthetic(tmp_path, "dic", images=3, validation=1, shape=(96, 96), count=3)
    look = look_at_folders(folder, None, MaskSettings(), GO_ON)
    assert look.text.startswith("3 images with masks to learn from, 1 to validate on.\nThey hold one kind of")
    assert look.reading is not None
    assert look.reading.values == (255,)


def test_folders_that_do_not_fit_are_named(tmp_path: Path) -> None:
    look = look_at_folders(tmp_path / "nowhere", None, MaskSettings(), GO_ON)
    assert look.reading is None
    assert "nowhere does not exist" in look.text
