"""The journal: what was acknowledged is there, whatever happened to the process, the disk or a line."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.journal import Entry, JournalReader, Layer, append_entry
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.errors import OutputError

MakeEntry = Callable[..., Entry]
SIZE = 150


@st.composite
def _boxes(draw: st.DrawFn, low: int = 0, high: int = SIZE) -> Box:
    top, left = draw(st.integers(low, high - 1)), draw(st.integers(low, high - 1))
    return Box(top, left, draw(st.integers(top + 1, high)), draw(st.integers(left + 1, high)))


def _append(path: Path, *entries: Entry) -> None:
    for entry in entries:
        append_entry(path, entry.plane, entry.layer, entry.box, entry.values)


def test_what_is_appended_is_read(tmp_path: Path, entry: MakeEntry) -> None:
    path = tmp_path / "journal.jsonl"
    reader = JournalReader(path)
    assert reader.read() == []
    reader.sync()
    values = np.arange(12, dtype=np.uint8).reshape(3, 4) % 4
    sides = tuple(np.array([5, 7, 8, 11]))  # of NumPy, as napari gives them
    _append(path, entry(0, sides, values, plane=PlaneKey(3, (np.int64(2), 1)), layer=Layer.EDITS))
    (read,) = reader.read()
    assert (read.number, read.plane, read.layer) == (1, PlaneKey(3, (2, 1)), Layer.EDITS)
    assert read.box == Box(5, 7, 8, 11)
    assert abs(read.time - time.time()) < 60
    np.testing.assert_array_equal(read.values, values)
    reader.sync()
    _append(path, entry(0, (0, 0, 1, 1), 2))
    assert [later.number for later in reader.read()] == [2]
    assert reader.read() == []


@examples(max_examples=25, deadline=None)
@given(st.data())
def test_playing_all_entries_gives_what_was_painted(data: st.DataObject) -> None:
    dense = np.zeros((SIZE, SIZE), np.uint8)
    supervision = Supervision()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        for _ in range(data.draw(st.integers(1, 6))):
            box = data.draw(_boxes())
            random = np.random.default_rng(data.draw(st.integers(0, 99)))
            values = random.integers(0, 4, box.shape).astype(np.uint8)
            dense[box.slices] = values
            append_entry(path, PlaneKey(0), Layer.STROKES, box, values)
        for read in JournalReader(path).read():
            supervision.apply(read)
    np.testing.assert_array_equal(supervision.values(PlaneKey(0), Box(0, 0, SIZE, SIZE)), dense)


def test_a_line_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path, entry: MakeEntry) -> None:
    path, whole = tmp_path / "journal.jsonl", tmp_path / "whole.jsonl"
    _append(whole, entry(0, (0, 0, 2, 2), 1), entry(0, (0, 0, 3, 3), 2))
    line = whole.read_bytes()
    half = len(line) * 3 // 4
    path.write_bytes(line[:half])
    reader = JournalReader(path)
    assert [read.number for read in reader.read()] == [1]
    path.write_bytes(line)
    assert [read.box.bottom for read in reader.read()] == [3]


@pytest.mark.parametrize("left", [1, 20, 60, -1])
def test_what_a_killed_writer_left_costs_no_other_entry(tmp_path: Path, entry: MakeEntry, left: int) -> None:
    path = tmp_path / "journal.jsonl"
    _append(path, entry(0, (0, 0, 2, 2), 1), entry(0, (0, 0, 3, 3), 2))
    first = path.read_bytes().index(b"\n") + 1
    path.write_bytes(path.read_bytes()[: left if left < 0 else first + left])
    reader = JournalReader(path)
    before = reader.read()
    _append(path, entry(0, (0, 0, 4, 4), 3))
    numbers = [read.number for read in before + reader.read()]
    # Where only the end of the line was missing, the next writer completes it.
    assert numbers == ([1, 2, 3] if left < 0 else [1, 3])
    assert [read.number for read in JournalReader(path).read()] == numbers


def _line(path: Path, **changes: object) -> bytes:
    return json.dumps(json.loads(path.read_bytes().splitlines()[0]) | changes).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"box": [0, 0, 2]},
        {"box": [2, 0, 1, 2]},
        {"box": [0, 0, 0, 0]},
        {"box": [0, 0, float("inf"), 2]},
        {"box": [0, 0, 10**30, 2]},
        {"box": [0, 0, 3, 2]},
        {"values": "no base64!"},
        {"values": "AAAA"},
        {"values": 3},
        {"values": None},
        {"layer": "guesses"},
        {"index": 3},
        {"index": ["z"]},
        {"image": None},
        {"time": "noon"},
        {"time": [1]},
    ],
)
def test_a_damaged_entry_is_passed_over_and_the_others_keep_their_numbers(
    tmp_path: Path, entry: MakeEntry, changes: dict[str, object]
) -> None:
    path = tmp_path / "journal.jsonl"
    _append(path, entry(0, (0, 0, 2, 2), 1))
    with path.open("ab") as file:
        file.write(_line(path, **changes) + b"\n")
        file.write(b"[1, 2]\n\xff\xfe\n\n")
    _append(path, entry(0, (0, 0, 2, 2), 2))
    assert [read.number for read in JournalReader(path).read()] == [1, 6]


def test_an_entry_without_pixels_is_no_entry(tmp_path: Path) -> None:
    for box, shape in ((Box(3, 3, 3, 5), (0, 2)), (Box(0, 0, 2, 2), (2, 3)), (Box(2, 2, 0, 0), (2, 2))):
        with pytest.raises(ValueError, match="do not fill"):
            append_entry(tmp_path / "j", PlaneKey(0), Layer.STROKES, box, np.ones(shape, np.uint8))
    assert not (tmp_path / "j").exists()


def test_a_deleted_folder_is_said_and_not_made_anew(tmp_path: Path, entry: MakeEntry) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    _append(folder / "journal.jsonl", entry(0, (0, 0, 2, 2), 1))
    reader = JournalReader(folder / "journal.jsonl")
    shutil.rmtree(folder)
    with pytest.raises(OutputError, match="was deleted"):
        _append(folder / "journal.jsonl", entry(0, (0, 0, 2, 2), 1))
    assert reader.read() == []
    reader.sync()
    assert not folder.exists()


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(small_disk: Path, entry: MakeEntry) -> None:
    path = small_disk / "journal.jsonl"
    noise = np.random.default_rng(0).integers(0, 255, (100, 100)).astype(np.uint8)
    count = 0
    with pytest.raises(OutputError, match=r"is full\. Free some space"):  # noqa: PT012
        for count in range(1000):  # noqa: B007
            _append(path, entry(0, (0, 0, 100, 100), noise))
    assert count > 5
    assert [read.number for read in JournalReader(path).read()] == list(range(1, count + 1))
    shutil.copy(path, small_disk.parent)  # where there is room
    _append(small_disk.parent / "journal.jsonl", entry(0, (0, 0, 2, 2), 1))
    read = JournalReader(small_disk.parent / "journal.jsonl").read()
    assert (len(read), read[-1].box.bottom) == (count + 1, 2)


@examples(max_examples=40, deadline=None)
@given(_boxes(-10, 20), st.integers(1, 15), st.integers(1, 15), st.integers(1, 3))
def test_what_lies_outside_a_plane_or_is_no_class_says_nothing(
    box: Box, height: int, width: int, classes: int
) -> None:
    values = np.random.default_rng(0).integers(0, 6, box.shape).astype(np.uint8)
    entry = Entry(1, PlaneKey(0), Layer.STROKES, box, values, 0.0)
    expected: NDArray[np.uint8] = np.zeros((height, width), np.uint8)
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            value = values[row - box.top, column - box.left]
            if 0 <= row < height and 0 <= column < width and value <= classes + 1:
                expected[row, column] = value
    fitting = entry.within(height, width, classes)
    found = np.zeros_like(expected)
    if fitting is not None:
        assert fitting.values.shape == fitting.box.shape
        found[fitting.box.slices] = fitting.values
    np.testing.assert_array_equal(found, expected)
