"""Tests of the list of image layers and labels layers."""

from __future__ import annotations

import numpy as np
from napari.viewer import Viewer
from pytestqt.qtbot import QtBot

from napari_cytounet.widgets.previews import mark_preview
from napari_cytounet.widgets.training.layer_pairs import LayerPairs

PLANE = np.zeros((8, 8), np.uint8)


def test_the_choices_follow_the_layer_list(viewer: Viewer, qtbot: QtBot) -> None:
    pairs = LayerPairs(viewer)
    viewer.window.add_dock_widget(pairs)
    said: list[object] = []
    pairs.changed.connect(said.append)
    assert pairs.pairs == []

    first = viewer.add_image(PLANE, name="first")
    assert pairs.pairs == []
    painted = viewer.add_labels(PLANE, name="painted first")
    (pair,) = pairs.pairs
    assert (pair.image.name, pair.labels.name) == ("first", "painted first")
    assert said

    second = viewer.add_image(PLANE, name="second")
    viewer.add_labels(PLANE, name="painted second")
    viewer.add_points(np.zeros((1, 2)))
    pairs.add_button.clicked.emit(True)
    assert [(pair.image.name, pair.labels.name) for pair in pairs.pairs] == [
        ("first", "painted first"),
        ("second", "painted second"),
    ]

    painted.name = "renamed"
    viewer.layers.move(viewer.layers.index(second), 0)
    assert [(pair.image.name, pair.labels.name) for pair in pairs.pairs] == [
        ("first", "renamed"),
        ("second", "painted second"),
    ]

    viewer.layers.remove(first)
    assert [pair.image.name for pair in pairs.pairs] == ["second", "second"]

    pairs.rows[0].remove_button.clicked.emit(True)
    assert [pair.labels.name for pair in pairs.pairs] == ["painted second"]
    assert pairs.rows[0].remove_button.native.isHidden()
    pairs.remove_pair(pairs.rows[0])
    assert len(pairs.rows) == 1

    viewer.layers.clear()
    assert pairs.pairs == []
    qtbot.wait(10)  # a row that was taken away goes when the event loop runs


def test_the_live_preview_is_not_learnt_from_but_a_copy_of_it_may_be(viewer: Viewer) -> None:
    made = viewer.add_labels(PLANE, name="training preview")
    mark_preview(made, "training")
    pairs = LayerPairs(viewer)
    viewer.window.add_dock_widget(pairs)
    assert pairs.rows[0].painted.choices == ()
    viewer.add_labels(PLANE, name="copy", metadata=dict(made.metadata))
    assert [layer.name for layer in pairs.rows[0].painted.choices] == ["copy"]
