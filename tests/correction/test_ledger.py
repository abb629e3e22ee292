"""Tests of writing to the journal and knowing what it says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from napari_cytounet.correction import ledger as ledgers
from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.correction.journal import Layer
from napari_cytounet.correction.ledger import REMEMBERED, Ledger
from napari_cytounet.errors import OutputError

PLANE = PlaneKey(0, (2,))


def _stroke(ledger: Ledger, row: int, value: int, layer: Layer = Layer.STROKES) -> bool:
    box = Box(row, 0, row + 3, 8)
    values = ledger.supervision.layer_values(PLANE, layer, box)
    values[1, 2:5] = value
    return ledger.write(PLANE, layer, box, values)


def test_only_what_is_new_is_written_and_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert _stroke(ledger, 10, 2)
    assert not _stroke(ledger, 10, 2)
    assert ledger.last == 1
    assert ledger.supervision.strokes[1] == (PLANE, Layer.STROKES, Box(11, 2, 12, 5))
    again = Ledger(tmp_path)
    assert again.last == 1
    np.testing.assert_array_equal(again.supervision.values(PLANE, Box(11, 2, 12, 5)), [[2, 2, 2]])


def test_what_another_process_writes_is_read(tmp_path: Path) -> None:
    mine, other = Ledger(tmp_path), Ledger(tmp_path)
    _stroke(other, 10, 2)
    _stroke(mine, 20, 1)
    assert mine.last == 2
    assert [entry.number for entry in other.read()] == [2]


def test_what_cannot_be_written_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path)

    def refuse(*_: object) -> None:
        raise OutputError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(ledgers, "append_entry", refuse)
        with pytest.raises(OutputError):
            _stroke(ledger, 10, 2)
    assert not SessionFolder(tmp_path).journal.exists()
    assert _stroke(ledger, 10, 2)


def test_the_past_of_the_latest_strokes_is_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(REMEMBERED + 5):
        _stroke(ledger, 10, 2 if number % 2 else 3)
    _stroke(ledger, 10, 1, Layer.EDITS)
    steps = Ledger(tmp_path).latest_steps(0)
    assert [step.entry.number for step in steps] == list(range(6, REMEMBERED + 6))
    for former, step in pairwise(steps):
        np.testing.assert_array_equal(former.entry.values, step.before)
    assert ledger.latest_steps(1) == []
