from __future__ import annotations

import csv

import numpy as np
import pytest

from napari_cytounet.measurement.table import open_table


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_numbers_come_back_exactly(tmp_path):
    values = np.random.default_rng(0).normal(size=20) * 10.0 ** np.arange(-10, 10)
    with open_table(tmp_path / "t.csv", ["label", "value"]) as table:
        table.write({"label": np.arange(20, dtype=np.uint8), "value": values})
    rows = read(tmp_path / "t.csv")
    assert [float(row["value"]) for row in rows] == values.tolist()
    assert [row["label"] for row in rows] == [str(number) for number in range(20)]


def test_rows_are_appended_and_missing_columns_and_nan_stay_empty(tmp_path):
    with open_table(tmp_path / "t.csv", ["image", "a", "b"]) as table:
        table.write({"image": ["zellen, grün"], "a": [np.nan]})
        table.write({"b": [2.0], "image": ["two"], "a": [1]})
        table.write({"image": [], "a": []})
    assert read(tmp_path / "t.csv") == [
        {"image": "zellen, grün", "a": "", "b": ""},
        {"image": "two", "a": "1", "b": "2.0"},
    ]


def test_nothing_is_left_after_an_error_and_the_old_table_stays(tmp_path):
    path = tmp_path / "t.csv"
    with open_table(path, ["a"]) as table:
        table.write({"a": [1]})
    with pytest.raises(ValueError, match="no column b"), open_table(path, ["a"]) as table:
        table.write({"b": [3]})
    assert read(path) == [{"a": "1"}]
    assert list(tmp_path.iterdir()) == [path]
