"""Tests of boxes that are gathered into whole rows before they are written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.images import tiff_writing
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import open_writer

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
