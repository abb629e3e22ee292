"""A result is opened for correction in a session, a pair is split with the mouse, and that is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_cytounet.correction.annotation import BACKGROUND, Box, PlaneKey
from napari_cytounet.correction.journal import Layer
from napari_cytounet.images.samples.synthetic import make_cells


@pytest.mark.slow
def test_what_edit_objects_does_to_a_copy_is_learnt(user: Any, hand: Any, qtbot: QtBot) -> None:
    viewer = user.viewer
    cells = make_cells("fluorescence", shape=(256, 256), count=16, seed=3)
    viewer.add_image(cells.image, name="cells")
    widget = user.opens("Correct and learn")
    widget.start_button.native.click()
    user.waits(lambda: widget.live is not None and widget.live.stage.is_there)
    live = widget.live
    result = viewer.add_labels(cells.instances.astype(np.int32), name="objects")
    widget.panel.more.turn()
    user.waits(lambda: widget.native.width() >= widget.body.native.minimumSizeHint().width())
    widget.panel.edit.native.click()
    copy = viewer.layers["objects, edited"]
    widget.panel.objects.native.click()
    editing = viewer.window.dock_widgets["Edit objects (napari-cytounet)"]
    assert editing.choice.value == copy
    qtbot.wait(100)  # until the docks have found their place

    rows, columns = np.nonzero(cells.instances == 5)
    row, column = float(rows.mean()), float(columns.mean())
    editing.split.native.click()
    hand.drags(copy, (rows.min() - 6.0, column), (row, column + 1), (rows.max() + 6.0, column))
    user.waits(lambda: len(np.unique(copy.data)) == len(np.unique(result.data)) + 1)
    editing.split.native.click()
    user.shoots("learn-from-edits")
    widget.panel.learn.native.click()
    box = Box(0, 0, 256, 256)
    taught = live.opened.ledger.supervision.layer_values(PlaneKey(0), Layer.EDITS, box)
    cut = (copy.data == 0) & (cells.instances == 5)
    assert cut.sum() >= len(np.unique(rows)) - 1
    assert (taught[cut] == BACKGROUND).all()
    np.testing.assert_array_equal(result.data, cells.instances)
    widget.close_session()
