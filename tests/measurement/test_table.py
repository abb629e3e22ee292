from __future__ import annotations

import csv

import numpy as np
import pytest

from napari_cytounet.errors import OutputError
from napari_cytounet.measurement import table as module
from napari_cytounet.measurement.table import check_table_path, open_table


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


def test_parquet_has_the_same_columns_and_rows(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    for name in ("t.csv", "t.parquet"):
        with open_table(tmp_path / name, ["image", "a", "b", "c"]) as table:
            table.write({"image": ["zellen, grün"], "a": np.array([1.5]), "b": np.array([2**40])})
            table.write({"image": ["two"], "a": np.array([np.nan]), "b": np.array([3], np.uint8)})
    back = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert back == {"image": ["zellen, grün", "two"], "a": [1.5, None], "b": [2**40, 3], "c": [None, None]}
    assert [row["image"] for row in read(tmp_path / "t.csv")] == back["image"]


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(OutputError, match=r"pip install 'napari-cytounet\[parquet\]'"):
        check_table_path(tmp_path / "t.parquet", overwrite=False, suffixes=(".csv", ".parquet"))
    with pytest.raises(OutputError, match=r"written as CSV or Parquet\. Give it a name that ends in \.csv"):
        check_table_path(tmp_path / "t.xlsx", overwrite=False, suffixes=(".csv", ".parquet"))
