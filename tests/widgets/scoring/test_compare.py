"""Tests of the widget that compares labels with the truth, driven by its list in a viewer."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.layer_parts import FIRST_PLANE
from napari_cytounet.widgets.preferences import PLUGIN
from napari_cytounet.widgets.scoring.compare import OUT_OF_DATE, START, TWO_NEEDED, CompareWidget


def _truth() -> np.ndarray:
    """Return two planes: squares 1 and 2 in the first, 3 and 4 in the second."""
    truth = np.zeros((2, 40, 60), np.int32)
    truth[0, 10:20, 10:20], truth[0, 10:20, 22:32] = 1, 2
    truth[1, 25:35, 40:50], truth[1, 5:15, 5:15] = 3, 4
    return truth


def _found() -> np.ndarray:
    """Return 1 and 2 in one, 3 missed, and 4 as it is."""
    found = np.zeros((2, 40, 60), np.int32)
    found[0, 10:20, 10:32], found[1, 5:15, 5:15] = 8, 5
    return found


def _opens(viewer: Viewer) -> CompareWidget:
    _, widget = viewer.window.add_plugin_dock_widget("napari-cytounet", "Compare with truth")
    return widget


def _compares(widget: CompareWidget, qtbot: QtBot) -> None:
    widget.go.native.click()
    qtbot.waitUntil(lambda: widget.go.text == START, timeout=10_000)


def _layers(viewer: Viewer) -> tuple[Labels, Labels]:
    """Add both layers, what was found as the selected one."""
    truth = viewer.add_labels(_truth(), name="truth", scale=(1, 0.5, 0.5))
    return viewer.add_labels(_found(), name="found", scale=(1, 0.5, 0.5)), truth


def _kinds(widget: CompareWidget) -> dict[str, list[str]]:
    tree = widget.list.native
    headings = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return {
        item.text(0): [
            f"{item.child(at).text(0)} | {item.child(at).text(1)}" for at in range(item.childCount())
        ]
        for item in headings
    }


def test_going_down_the_list_visits_every_error(viewer: Viewer, qtbot: QtBot) -> None:
    found, truth = _layers(viewer)
    widget = _opens(viewer)
    assert (widget.found.value, widget.truth.value) == (found, truth)
    _compares(widget, qtbot)
    assert "Of 4 true objects 1 are found" in widget.summary.value
    assert _kinds(widget) == {
        "merged": ["8 holds 1 and 2 | Z=0, y 14, x 20"],
        "missed": ["3 is not found | Z=1, y 30, x 44"],
    }
    tree = widget.list.native
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    assert viewer.dims.current_step[0] == 1
    assert tuple(viewer.scene.camera.center[-2:]) == pytest.approx((29.5 / 2, 44.5 / 2))
    assert truth.selected_label == 3
    tree.setCurrentItem(tree.topLevelItem(0).child(0))
    assert viewer.dims.current_step[0] == 0
    assert tuple(viewer.scene.camera.center[-2:]) == pytest.approx((14.5 / 2, 20.5 / 2))
    assert (found.selected_label, truth.selected_label) == (8, 1)
    assert viewer.layers.selection.active == found


def test_planes_of_a_result_are_called_as_those_of_its_stack(viewer: Viewer, qtbot: QtBot) -> None:
    found, _ = _layers(viewer)
    found.metadata[PLUGIN] = {FIRST_PLANE: {"Z": 7}}
    widget = _opens(viewer)
    _compares(widget, qtbot)
    assert _kinds(widget)["missed"] == ["3 is not found | Z=8, y 30, x 44"]
    tree = widget.list.native
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    assert viewer.dims.current_step[0] == 1


def test_a_corrected_truth_makes_it_out_of_date_too(viewer: Viewer, qtbot: QtBot) -> None:
    found, truth = _layers(viewer)
    widget = _opens(viewer)
    _compares(widget, qtbot)
    qtbot.wait(500)  # longer than a watch waits
    assert widget.warning.value == ""
    truth.data_setitem(np.nonzero(_truth() == 2), 9)
    qtbot.waitUntil(lambda: widget.warning.value == OUT_OF_DATE, timeout=3000)
    viewer.layers.remove(found)
    assert not widget._watches


def test_a_correction_makes_it_out_of_date_but_the_list_still_leads_on(viewer: Viewer, qtbot: QtBot) -> None:
    found, truth = _layers(viewer)
    widget = _opens(viewer)
    _compares(widget, qtbot)
    found.data_setitem(np.nonzero(_truth() == 2), 9)
    qtbot.waitUntil(lambda: widget.warning.value == OUT_OF_DATE, timeout=3000)
    tree = widget.list.native
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    assert viewer.dims.current_step[0] == 1
    _compares(widget, qtbot)
    assert widget.warning.value == ""
    assert list(_kinds(widget)) == ["missed"]
    truth.data = _found()
    found.data = _found()
    _compares(widget, qtbot)
    assert not widget.results.visible


def test_numbers_of_patches_are_not_taken_for_labels(viewer: Viewer, qtbot: QtBot) -> None:
    truth = viewer.add_labels((_truth() > 0).astype(np.uint8), name="truth")
    found = viewer.add_labels(_found(), name="found")
    truth.selected_label = 5
    widget = _opens(viewer)
    _compares(widget, qtbot)
    tree = widget.list.native
    tree.setCurrentItem(tree.topLevelItem(0).child(0))
    assert (found.selected_label, truth.selected_label) == (8, 5)


def test_a_layer_that_goes_takes_the_way_with_it(viewer: Viewer, qtbot: QtBot) -> None:
    _, truth = _layers(viewer)
    widget = _opens(viewer)
    _compares(widget, qtbot)
    viewer.layers.remove(truth)
    assert "truth was removed" in widget.note.value
    tree = widget.list.native
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    assert viewer.dims.current_step[0] == 0


def test_it_says_what_is_needed(viewer: Viewer, said: list[str], qtbot: QtBot) -> None:
    viewer.add_labels(_found())
    widget = _opens(viewer)
    widget.go.native.click()
    viewer.add_labels(np.zeros((5, 5), int), name="small")
    widget.truth.value = viewer.layers["small"]
    _compares(widget, qtbot)
    assert TWO_NEEDED in said[0]
    assert "same field at the same scale" in said[1]
