"""Tests of the widget that measures objects, driven by its fields and buttons in a viewer."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels, Points
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_cytounet.widgets.measuring import area_texts, measure
from napari_cytounet.widgets.measuring.histogram import ObjectHistogram
from napari_cytounet.widgets.measuring.measure import ALL, OUT_OF_DATE, REMOVED, START, MeasureWidget
from napari_cytounet.widgets.measuring.scatter import ObjectScatter

SIZE = {"scale": (0.5, 0.25), "units": ("um", "um")}


@pytest.fixture
def widget(viewer: ViewerModel) -> MeasureWidget:
    """The widget as the menu opens it."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", "Measure objects")
    return widget


def _labels() -> np.ndarray:
    labels = np.zeros((20, 30), np.uint16)
    labels[2:6, 3:9] = 7
    labels[10:16, 10:14] = 2
    return labels


def _measure(widget: MeasureWidget, qtbot: QtBot) -> None:
    widget.go.native.click()
    qtbot.waitUntil(lambda: widget.go.text == START, timeout=5000)


def _selected(widget: MeasureWidget) -> list[str]:
    model = widget.table.objects
    rows = [index.row() for index in widget.table.selectionModel().selectedRows()]
    return [model.data(model.index(row, model.names.index("label"))) for row in rows]


def test_the_table_and_the_layer_follow_each_other(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot
) -> None:
    viewer.add_image(np.ones((20, 30)), name="light", **SIZE)
    known = {"index": [2, 7], "class": [1, 2], "note": ["left", "right"]}
    layer = viewer.add_labels(_labels(), name="cells", features=known, **SIZE)
    assert widget.results.native.isHidden()
    widget.intensities.value = viewer.layers["light"]
    _measure(widget, qtbot)
    assert widget.summary.value.splitlines() == [
        "2 objects, 8.0% of the area covered",
        "Area: mean 3 µm², median 3 µm²",
        "In micrometres: a pixel is 0.5 x 0.25 µm.",
    ]
    assert widget.table.objects.names[:3] == ["label", "class", "area_um2"]
    assert layer.features["mean_intensity_c0"].tolist() == [1, 1]
    assert layer.features["note"].tolist() == ["left", "right"]

    layer.selected_label = 7
    assert _selected(widget) == ["7"]
    widget.table.selectRow(0)
    assert layer.selected_label == 2
    assert _selected(widget) == ["2"]
    widget.alone.value = True
    assert layer.show_selected_label
    widget.alone.value = False
    assert not layer.show_selected_label
    widget.table.doubleClicked.emit(widget.table.objects.index(0, 0))
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], (12.5 * 0.5, 11.5 * 0.25))


def test_a_stack_and_its_planes(viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot) -> None:
    stack = np.stack([_labels(), np.flip(_labels()), _labels() * 0])
    layer = viewer.add_labels(stack, name="cells", scale=(2, 1, 1))
    assert not widget.planes.native.isHidden()
    viewer.dims.set_point(0, 2.0)
    _measure(widget, qtbot)
    assert widget.table.rows(widget._measured.columns)["plane"].tolist() == ["Z=1", "Z=1"]
    widget.planes.value = ALL
    _measure(widget, qtbot)
    assert widget.planes.value == ALL
    assert widget.table.objects.names[0] == "plane"
    widget.areas.value = True
    np.testing.assert_allclose(viewer.layers[-1].data[0], (0, 12.5, 11.5))
    widget.table.selectRow(0)
    assert (viewer.dims.point[0], layer.selected_label) == (0, 2)
    layer.selected_label = 7
    assert _selected(widget) == ["7"]
    assert widget.table.currentIndex().row() == 1
    # Of the objects that share a label that in the plane that is shown is meant.
    viewer.dims.set_point(0, 2.0)
    layer.selected_label = 2
    assert widget.table.currentIndex().row() == 2


def test_what_changed_is_out_of_date_until_it_is_measured_again(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot
) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    layer.fill((0, 0), 9)
    _measure(widget, qtbot)
    assert widget.summary.value.startswith("3 objects, 100.0%")
    layer.refresh()
    qtbot.wait(400)
    assert widget.warning.value == ""
    layer.undo()  # which only refreshes the layer
    qtbot.waitUntil(lambda: widget.warning.value == OUT_OF_DATE, timeout=3000)
    _measure(widget, qtbot)
    assert widget.warning.value == ""
    assert widget.summary.value.startswith("2 objects")
    layer.fill((0, 0), 9)
    assert widget.warning.value == OUT_OF_DATE
    _measure(widget, qtbot)
    layer.data = _labels()
    assert widget.warning.value == OUT_OF_DATE


def test_areas_are_written_by_a_layer_of_their_own(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = viewer.add_labels(_labels(), name="cells", translate=(5, 6), **SIZE)
    viewer.add_labels(_labels(), name="areas of cells (µm²)")
    viewer.layers.selection.active = layer
    before = layer.data.copy()
    _measure(widget, qtbot)
    widget.areas.value = True
    texts = viewer.layers[-1]
    assert isinstance(texts, Points)
    assert texts.name == "areas of cells (µm²) [1]"
    assert texts.text.values.tolist() == ["3.00", "3.00"]
    np.testing.assert_allclose(texts.data_to_world(texts.data[0]), layer.data_to_world((12.5, 11.5)))
    assert viewer.layers.selection.active == layer
    np.testing.assert_array_equal(layer.data, before)
    _measure(widget, qtbot)
    assert texts not in viewer.layers
    assert sum(isinstance(each, Points) for each in viewer.layers) == 1
    widget.areas.value = False
    assert not any(isinstance(each, Points) for each in viewer.layers)
    monkeypatch.setattr(area_texts, "MOST_TEXTS", 1)
    widget.areas.value = True
    assert len(viewer.layers[-1].data) == 1
    viewer.layers.pop()
    assert not widget.areas.value


def test_the_table_is_saved_as_it_stands(
    viewer: ViewerModel,
    widget: MeasureWidget,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    viewer.add_labels(_labels(), name="cells")
    _measure(widget, qtbot)
    path = tmp_path / "cells.csv"
    asked: list[str] = []

    def ask(_parent: object, name: str) -> Path | None:
        asked.append(name)
        return path if len(asked) > 1 else None

    monkeypatch.setattr(measure, "ask_path", ask)
    widget.save.native.click()
    assert (asked, list(tmp_path.glob("*.csv"))) == (["cells.csv"], [])
    widget.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    widget.save.native.click()
    assert said == [f"info: 2 objects of cells are saved in {path}."]
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["plane"], row["label"], row["area_px"]) for row in rows] == [
        ("cells", "", "7", "24"),
        ("cells", "", "2", "24"),
    ]
    path = tmp_path / "cells.csv" / "no-folder.csv"
    widget.save.native.click()
    assert "cannot be written" in said[-1]


def test_the_dialog_asks_before_a_file_is_replaced(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, widget: MeasureWidget
) -> None:
    dialogs: list[QFileDialog] = []

    def run(dialog: QFileDialog) -> int:
        dialogs.append(dialog)
        dialog.selectFile(str(tmp_path / "mine"))
        return 1

    monkeypatch.setattr(QFileDialog, "exec", run)
    assert measure.ask_path(widget.native, "cells.csv") == tmp_path / "mine.csv"
    assert dialogs[0].acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert not dialogs[0].testOption(QFileDialog.Option.DontConfirmOverwrite)


def test_bad_input(viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot, said: list[str]) -> None:
    viewer.add_points(np.zeros((1, 2)), name="spots")
    widget.go.native.click()
    assert said.pop() == f"error: {measure.NO_LABELS}"

    empty = viewer.add_labels(np.zeros((20, 30), int), name="empty")
    _measure(widget, qtbot)
    assert said.pop().startswith("error: The layer empty holds no object")
    viewer.layers.remove(empty)

    viewer.add_labels(_labels(), name="cells")
    viewer.add_image(np.ones((20, 31)), name="wide")
    widget.intensities.value = viewer.layers["wide"]
    _measure(widget, qtbot)
    assert said.pop().startswith(
        "error: The image wide has 31 x 20 pixels, but the labels cells have 30 x 20"
    )
    assert widget.results.native.isHidden()

    viewer.layers.remove("wide")
    hollow = np.ones((20, 30), np.float32)
    hollow[3, 4] = np.nan
    viewer.add_image(hollow, name="hollow", contrast_limits=(0, 1))
    widget.intensities.value = viewer.layers["hollow"]
    _measure(widget, qtbot)
    assert "The image hollow holds NaN inside 1 of the objects" in widget.summary.value

    colour = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    viewer.add_image(colour, name="colour", rgb=True)
    widget.intensities.value = viewer.layers["colour"]
    _measure(widget, qtbot)
    assert "mean_intensity_c2" in widget.table.objects.names
    assert said == []


def test_a_layer_that_goes_away_leaves_its_table(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot
) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    _measure(widget, qtbot)
    widget.areas.value = True
    viewer.layers.remove(layer)
    assert widget.warning.value == REMOVED
    assert not viewer.layers
    assert widget.table.objects.rowCount() == 2
    widget.table.selectRow(1)
    widget.table.doubleClicked.emit(widget.table.objects.index(1, 0))

    again = viewer.add_labels(_labels(), name="again")
    widget.go.native.click()
    viewer.layers.remove(again)
    qtbot.waitUntil(lambda: widget.go.text == START, timeout=5000)
    assert widget.warning.value == REMOVED


def test_the_widget_begins_with_the_selected_labels_and_keeps_them_when_renamed(viewer: ViewerModel) -> None:
    viewer.add_labels(_labels(), name="first")
    chosen = viewer.add_labels(_labels(), name="second")
    viewer.add_labels(_labels(), name="third")
    viewer.layers.selection.active = chosen
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", "Measure objects")
    assert widget.objects.value == chosen
    chosen.name = "renamed"
    viewer.layers.remove("third")
    assert widget.objects.value == chosen
    assert widget.planes.native.isHidden()


def test_a_closed_widget_lets_go(viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    _measure(widget, qtbot)
    viewer.window.remove_dock_widget(widget.native)
    gone: list[bool] = []
    widget.native.destroyed.connect(lambda: gone.append(True))
    widget.native.deleteLater()
    qtbot.waitUntil(lambda: bool(gone), timeout=2000)
    layer.fill((0, 0), 9)
    layer.selected_label = 7
    viewer.layers.remove(layer)


def test_the_histogram_is_drawn_when_it_is_seen(show: Callable[[QWidget], None]) -> None:
    viewer = ViewerModel()
    histogram = ObjectHistogram(viewer)
    columns = {"label": np.array([1, 2, 3]), "area_px": np.array([4, 5, 9]), "solidity": np.ones(3)}
    histogram.show_columns(columns, "area_px")
    assert histogram.column.choices == ("area_px", "solidity")
    assert histogram.column.value == "area_px"
    assert histogram._plot._plot is None
    show(histogram.native)
    histogram.column.value = "solidity"
    histogram.reset_choices()
    histogram.show_columns(columns, "area_px")
    assert histogram.column.value == "solidity"
    assert histogram._plot._plot is not None
    assert histogram._plot._plot.getAxis("bottom").labelText == "solidity"
    viewer.theme = "light"
    assert histogram._plot._plot.backgroundBrush().color().lightness() > 200


def test_real_nuclei(viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot, data: Path) -> None:
    path = sorted((data / "dsb2018" / "fluo" / "masks").iterdir())[0]
    viewer.open(path, layer_type="labels", plugin="napari")
    assert isinstance(viewer.layers[0], Labels)
    _measure(widget, qtbot)
    assert widget.table.objects.rowCount() == len(np.unique(viewer.layers[0].data)) - 1


def test_objects_in_the_colours_of_a_measurement(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot
) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    _measure(widget, qtbot)
    own = layer.get_color(7)
    widget.colours.column.value = "extent"
    assert widget.colours._bar.toolTip() == "from 1 to 1"
    widget.colours.column.value = "orientation"
    colours = {label: layer.get_color(label) for label in (2, 7)}
    assert not np.allclose(colours[2], colours[7])
    np.testing.assert_allclose(min(colours.values(), key=sum), [0.267, 0.005, 0.329, 1], atol=0.01)
    assert layer.get_color(0) is None or layer.get_color(0)[3] == 0
    _measure(widget, qtbot)
    np.testing.assert_allclose(layer.get_color(7), colours[7], atol=1e-3)
    widget.colours.column.value = "their labels"
    np.testing.assert_allclose(layer.get_color(7), own)
    widget.colours.column.value = "orientation"
    viewer.layers.remove(layer)
    np.testing.assert_allclose(layer.get_color(7), own)


def test_a_point_that_is_picked_is_shown_in_the_image_and_the_table(
    viewer: ViewerModel, widget: MeasureWidget, qtbot: QtBot
) -> None:
    layer = viewer.add_labels(_labels(), name="cells")
    _measure(widget, qtbot)
    widget.scatter.picked.emit(1)
    assert layer.selected_label == 7
    assert _selected(widget) == ["7"]
    layer.selected_label = 2
    assert widget.scatter._selected == 0


def test_the_scatter_plot_tells_which_point_was_clicked(show: Callable[[QWidget], None]) -> None:
    scatter = ObjectScatter(ViewerModel())
    columns = {
        "label": np.array([1, 2, 3]),
        "area_px": np.array([4, 5, 9]),
        "solidity": np.array([1, np.nan, 0]),
    }
    scatter.show_columns(columns, "area_px")
    assert (scatter.across.value, scatter.up.value) == ("area_px", "solidity")
    assert scatter._plot._plot is None
    show(scatter.native)
    points, ring = scatter._plot._plot.getPlotItem().items[-2:]
    assert points.getData()[0].tolist() == [4, 9]
    picked: list[int] = []
    scatter.picked.connect(picked.append)
    points.sigClicked.emit(points, points.points()[1:], None)
    assert picked == [2]
    scatter.mark(2)
    assert ring.getData()[0].tolist() == [9]
