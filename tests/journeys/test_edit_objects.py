"""Objects are split and merged with the mouse, and that is undone with a key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_cytounet.images.samples.synthetic import make_cells


@pytest.mark.slow
def test_split_and_merge_with_the_mouse(user: Any, hand: Any, qtbot: QtBot) -> None:
    viewer = user.viewer
    cells = make_cells("fluorescence", shape=(256, 256), count=16, seed=3)
    viewer.add_image(cells.image, name="cells")
    labels = viewer.add_labels(cells.instances.astype(np.int32), name="objects")
    widget = user.opens("Edit objects")
    rows, columns = np.nonzero(cells.instances == 5)
    row, left, right = float(rows.mean()), float(columns.min()), float(columns.max())
    column = float(columns.mean())
    objects = len(np.unique(labels.data))

    widget.split.native.click()
    hand.drags(labels, (rows.min() - 6.0, column), (row, column + 1), (rows.max() + 6.0, column))
    user.waits(lambda: len(np.unique(labels.data)) == objects + 1)
    split = labels.data.copy()
    assert labels.data[round(row), round(left) + 4] != labels.data[round(row), round(right) - 4]
    user.shoots("edit-objects")

    widget.merge.native.click()
    hand.drags(labels, (row, left + 4), (row, column), (row, right - 4))
    user.waits(lambda: len(np.unique(labels.data)) == objects)
    canvas = viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    user.waits(lambda: np.array_equal(labels.data, split))
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    user.waits(lambda: np.array_equal(labels.data, cells.instances))
