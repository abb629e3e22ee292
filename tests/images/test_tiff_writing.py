"""Tests of boxes that are gathered into whole rows before they are written."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.errors import OutputError
from napari_cytounet.images import tiff_writing
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import ImageWriter, open_writer

HEIGHT, WIDTH = 6, 7
Box = tuple[int, slice, slice]


def _intervals(size: int) -> st.SearchStrategy[slice]:
    ends = st.tuples(st.integers(0, size), st.integers(0, size)).filter(lambda pair: pair[0] != pair[1])
    return ends.map(lambda pair: slice(min(pair), max(pair)))


BOXES = st.lists(st.tuples(st.integers(0, 1), _intervals(HEIGHT), _intervals(WIDTH)), max_size=12)


@given(boxes=BOXES)
def test_boxes_in_any_order_overlapping_or_not_come_back(
    tmp_path_factory: pytest.TempPathFactory, boxes: list[Box]
) -> None:
    _check(tmp_path_factory.mktemp("boxes") / "image.tif", boxes)


def test_tiles_from_left_to_right_take_one_write_a_row_of_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = tiff_writing.TiffWriter._write

    def counting(self: tiff_writing.TiffWriter, element: int, values: NDArray[np.generic]) -> None:
        written.append(values.size)
        write(self, element, values)

    monkeypatch.setattr(tiff_writing.TiffWriter, "_write", counting)
    columns = [slice(0, 3), slice(3, 5), slice(5, 7)]
    _check(
        tmp_path / "image.tif", [(0, rows, part) for rows in (slice(0, 4), slice(4, 6)) for part in columns]
    )
    assert written == [4 * WIDTH] * 2 + [2 * WIDTH] * 2  # two channels


def test_rows_of_tiles_are_written_in_the_background_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, running, most = set[int](), 0, 0
    write_box = tiff_writing.TiffWriter._write_box

    def watched(self: tiff_writing.TiffWriter, *arguments: Any) -> None:
        nonlocal running, most
        threads.add(threading.get_ident())
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        write_box(self, *arguments)
        running -= 1

    monkeypatch.setattr(tiff_writing.TiffWriter, "_write_box", watched)
    parts = [slice(0, 3), slice(3, 7)]
    _check(tmp_path / "image.tif", [(0, slice(row, row + 1), part) for row in range(6) for part in parts])
    assert most == 1
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert not threads & {thread.ident for thread in threading.enumerate()}


def _fail(writer: ImageWriter, rows_of_tiles: int, interruption: type[BaseException] | None) -> None:
    values = np.ones((2, 1, WIDTH), np.float32)
    for row in range(rows_of_tiles):
        writer.write((0,), slice(row, row + 1), slice(0, 4), values[..., :4])
        writer.write((0,), slice(row, row + 1), slice(4, WIDTH), values[..., 4:])
    if interruption is not None:
        raise interruption


@pytest.mark.parametrize("rows_of_tiles", [1, 2, 6])
@pytest.mark.parametrize("interruption", [None, KeyboardInterrupt])
def test_what_goes_wrong_in_the_background_is_raised_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows_of_tiles: int,
    interruption: type[BaseException] | None,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tiff_writing.TiffWriter, "_write_box", full)
    before = set(threading.enumerate())
    sizes = {"Z": 2, "C": 2, "Y": HEIGHT, "X": WIDTH}
    with (
        pytest.raises((OutputError, KeyboardInterrupt)) as raised,
        open_writer(tmp_path / "image.tif", sizes=sizes, dtype=np.float32) as writer,
    ):
        _fail(writer, rows_of_tiles, interruption)
    if interruption is None or rows_of_tiles > 1:
        assert "is full" in str(raised.value)
    assert not list(tmp_path.iterdir())
    assert not set(threading.enumerate()) - before


def test_rows_too_long_to_gather_are_written_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff_writing, "BAND_BYTES", 10)
    _check(tmp_path / "image.tif", [(1, slice(0, 4), slice(0, 3)), (1, slice(0, 4), slice(3, 7))])


def _check(path: Path, boxes: list[Box]) -> None:
    """Write boxes of random values, and compare with the same done in memory."""
    expected = np.zeros((2, 2, HEIGHT, WIDTH), np.float32)
    random = np.random.default_rng(0)
    sizes = {"Z": 2, "C": 2, "Y": HEIGHT, "X": WIDTH}
    with open_writer(path, sizes=sizes, dtype=np.float32) as writer:
        for plane, rows, columns in boxes:
            values = random.random((2, rows.stop - rows.start, columns.stop - columns.start), np.float32)
            writer.write((plane,), rows, columns, values)
            expected[plane, :, rows, columns] = values
    image = open_image(path)
    for plane in (0, 1):
        np.testing.assert_array_equal(image.read((plane,)), expected[plane])
