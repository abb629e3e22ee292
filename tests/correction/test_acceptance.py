"""Tests of accepting predictions, and of learning from edits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.correction.acceptance import RIM, Acceptances, Field
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.edits import write_edits
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import Ledger

PLANE = PlaneKey(1)
BOX = Box(100, 200, 140, 260)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.fixture
def field() -> Field:
    classes = np.zeros(BOX.shape, np.uint8)
    classes[10:20, 10:20] = 1
    classes[10:20, 24:30] = 1
    classes[12:18, 30:34] = 2
    classes[0:5, 0:5] = 2
    return Field(7, PLANE, BOX, classes)


def _edits(ledger: Ledger, box: Box = BOX) -> np.ndarray:
    return ledger.supervision.layer_values(PLANE, Layer.EDITS, box)


def test_a_field_is_accepted_and_taken_back(ledger: Ledger, field: Field) -> None:
    ledger.write(PLANE, Layer.EDITS, Box(100, 200, 101, 201), np.full((1, 1), 1, np.uint8))
    former = _edits(ledger)
    accepted = Acceptances(ledger)
    accepted.accept_field(field)
    np.testing.assert_array_equal(_edits(ledger), field.classes + 1)
    assert accepted.take_back()
    np.testing.assert_array_equal(_edits(ledger), former)
    assert not accepted.take_back()


def test_an_object_is_accepted_with_a_rim_of_background(ledger: Ledger, field: Field) -> None:
    accepted = Acceptances(ledger)
    assert accepted.accept_object(field, 115, 215)
    found = _edits(ledger)
    np.testing.assert_array_equal(np.argwhere(found == 2), np.argwhere(field.classes[:, :22] == 1))
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max()) == (10 - RIM, 19 + RIM)
    assert (columns.min(), columns.max()) == (10 - RIM, 19 + RIM)
    assert (found[field.classes == 1][found[field.classes == 1] > 0] == 2).all(), "no object is background"
    assert accepted.accept_object(field, 115, 225)
    touching = _edits(ledger)
    assert (touching[12:18, 30:34] == 0).all(), "the object of another class that it touches is left alone"
    accepted.take_back()
    np.testing.assert_array_equal(_edits(ledger), found)


def test_an_object_at_the_edge_and_none(ledger: Ledger, field: Field) -> None:
    accepted = Acceptances(ledger)
    assert accepted.accept_object(field, 100, 200)
    assert (_edits(ledger)[:5, :5] == 3).all()
    for row, column in ((130, 250), (99, 200), (100, 199), (140, 200), (100, 260)):
        assert not accepted.accept_object(field, row, column)
    assert ledger.last == 1


def test_each_connected_edit_is_an_entry_and_keeps_what_lies_around(ledger: Ledger) -> None:
    ledger.write(PLANE, Layer.EDITS, Box(5, 5, 6, 6), np.full((1, 1), 3, np.uint8))
    baseline = np.zeros((20, 20), np.int32)
    baseline[8:12, 8:12] = 4
    edited = baseline.copy()
    edited[8:12, 10] = 0
    for step in range(4):
        edited[1 + step, 1 + step] = 9  # joined at the corners
    values = np.where(edited > 0, 2, 1).astype(np.uint8)
    assert write_edits(ledger, PLANE, baseline, edited, values, offset=(2, 3)) == 2
    expected = np.zeros((30, 30), np.uint8)
    expected[5, 5] = 3
    expected[10:14, 13] = 1
    for step in range(4):
        expected[3 + step, 4 + step] = 2
    expected[5, 5] = 3
    found = _edits(ledger, Box(0, 0, 30, 30))
    np.testing.assert_array_equal(found, expected)
    assert write_edits(ledger, PLANE, edited, edited, values) == 0
