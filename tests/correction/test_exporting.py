"""Tests of exporting pairs of what was painted."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.correction import exporting as exports
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.exporting import IGNORED, exporting
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger
from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.pairing import find_pairs
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.truth import understand_masks
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings


def test_pairs_are_what_a_training_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BAND", 16)
    random = np.random.default_rng(0)
    stack = Image.from_array(random.integers(0, 9, (3, 40, 30), dtype=np.uint16), "ZYX", name="stack")
    colours = Image.from_array(random.integers(0, 9, (20, 25, 3), dtype=np.uint8), "YXC", name="colours")
    ledger = Ledger(tmp_path)
    ledger.write(PlaneKey(0, (2,)), Layer.STROKES, Box(14, 3, 18, 5), np.full((4, 2), 3, np.uint8))
    ledger.write(PlaneKey(0, (2,)), Layer.EDITS, Box(0, 0, 15, 30), np.full((15, 30), 1, np.uint8))
    ledger.write(PlaneKey(1), Layer.STROKES, Box(5, 5, 6, 9), np.array([[2, 0, 0, 2]], np.uint8))
    out = tmp_path / "out"
    count = drain(exporting([stack, colours], ledger.supervision, out, threading.Event()))
    assert count == 2
    pairs = find_pairs(out).training
    assert [pair.image.stem for pair in pairs] == ["001_stack_Z2", "002_colours"]
    np.testing.assert_array_equal(open_image(pairs[0].image).read(), stack.read((2,)))
    np.testing.assert_array_equal(open_image(pairs[1].image).read(), colours.read())
    expected = np.full((40, 30), IGNORED, np.uint8)
    expected[:15] = 0
    expected[14:18, 3:5] = 2
    np.testing.assert_array_equal(open_image(pairs[0].mask).read()[0], expected)
    settings = MaskSettings(masks=MaskKind.CLASSES, ignore_value=IGNORED)
    reading = understand_masks(ImageFiles([pair.mask for pair in pairs], ImageSettings()), settings)
    assert reading.values == (1, 2)
    with pytest.raises(OutputError, match="is there already"):
        drain(exporting([stack, colours], ledger.supervision, out, threading.Event()))


def test_nothing_painted_and_stopped(tmp_path: Path) -> None:
    image = Image.from_array(np.zeros((9, 9), np.uint8), "YX")
    ledger = Ledger(tmp_path)
    with pytest.raises(OutputError, match="Nothing is painted yet"):
        drain(exporting([image], ledger.supervision, tmp_path / "out", threading.Event()))
    ledger.write(PlaneKey(0), Layer.STROKES, Box(0, 0, 1, 1), np.full((1, 1), 2, np.uint8))
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        drain(exporting([image], ledger.supervision, tmp_path / "out", cancel))
