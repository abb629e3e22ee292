"""Tests of the table of objects by itself."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QAbstractItemModelTester

from napari_cytounet.widgets.measuring.measurements import ObjectMeasurements
from napari_cytounet.widgets.measuring.table import ObjectTable
from napari_cytounet.widgets.measuring.table_model import ObjectModel

DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
COLUMNS = {
    "image": np.array(["cells"] * 3),
    "plane": np.array([""] * 3),
    "label": np.array([3, 8, 9]),
    "class_name": np.array(["b", "a", "b"]),
    "area_px": np.array([40, 9, 100]),
    "centroid_y_px": np.array([1.0, 2.0, 3.0]),
    "area_um2": np.array([10.0, np.nan, 25.123456]),
    "solidity": np.array([1.0, 0.5, 0.25]),
}


def _measured(columns: dict[str, np.ndarray] = COLUMNS) -> ObjectMeasurements:
    rows = len(columns["label"])
    return ObjectMeasurements("cells", columns, np.empty((rows, 0), int), "", None, 900, {})


@pytest.fixture
def table(qtbot: QtBot) -> ObjectTable:
    table = ObjectTable()
    qtbot.addWidget(table)
    table.show_objects(_measured())
    return table


def _shown(model: ObjectModel, name: str) -> list[str]:
    column = model.names.index(name)
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_micrometres_come_first_and_the_name_of_the_layer_is_left_out(table: ObjectTable) -> None:
    assert table.objects.names == [
        "label",
        "class_name",
        "centroid_y_px",
        "area_um2",
        "solidity",
        "area_px",
    ]
    assert _shown(table.objects, "area_um2") == ["10", "", "25.12"]
    horizontal = Qt.Orientation.Horizontal
    assert table.objects.headerData(3, horizontal) == "area (µm²)"
    assert table.objects.headerData(3, horizontal, Qt.ItemDataRole.ToolTipRole) == "area_um2"


def test_sorting_keeps_the_selection_on_its_object_and_nan_last(table: ObjectTable) -> None:
    chosen: list[int] = []
    table.chosen.connect(chosen.append)
    QAbstractItemModelTester(table.objects, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.selectRow(0)
    assert chosen == [0]
    column = table.objects.names.index
    table.sortByColumn(column("area_um2"), DOWN)
    assert _shown(table.objects, "label") == ["9", "3", "8"]
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]
    table.sortByColumn(column("area_um2"), UP)
    assert _shown(table.objects, "label") == ["3", "9", "8"]
    table.sortByColumn(column("class_name"), UP)
    assert _shown(table.objects, "label") == ["8", "3", "9"]
    assert table.rows(COLUMNS)["label"].tolist() == [8, 3, 9]
    assert chosen == [0]


def test_following_is_no_choice_of_the_user(table: ObjectTable) -> None:
    chosen: list[int] = []
    table.chosen.connect(chosen.append)
    table.sortByColumn(0, DOWN)
    table.follow(0)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [2]
    assert chosen == []


def test_a_double_click_opens_its_object(table: ObjectTable) -> None:
    opened: list[int] = []
    table.opened.connect(opened.append)
    table.sortByColumn(0, DOWN)
    table.doubleClicked.emit(table.objects.index(0, 1))
    assert opened == [2]


def test_a_long_table_makes_no_item_before_it_is_seen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 100_000
    columns = {name: np.resize(values, rows) for name, values in COLUMNS.items()}
    asked = 0
    data = ObjectModel.data

    def count(*args: object) -> object:
        nonlocal asked
        asked += 1
        return data(*args)

    monkeypatch.setattr(ObjectModel, "data", count)
    table = ObjectTable()
    qtbot.addWidget(table)
    table.show_objects(_measured(columns))
    table.sortByColumn(table.objects.names.index("area_um2"), DOWN)
    assert table.objects.rowCount() == rows
    assert asked < 10_000  # of 600,000 cells: those in sight, and a sample for the widths
