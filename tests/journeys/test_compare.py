"""Labels are compared with the truth, what went wrong is visited one by one, mended, and compared again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.draw
from scipy import ndimage

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.widgets.editing.edit_objects import EditObjectsWidget
from napari_cytounet.widgets.scoring.compare import START

NEIGHBOURS = (5, 16)


def _with_mistakes(truth: np.ndarray) -> np.ndarray:
    """Return the objects with two neighbours taken for one, one forgotten, and one that is none."""
    found = truth.copy()
    found[truth == 7] = 0
    found[2:12, 2:12] = 90
    one, other = (np.array(ndimage.center_of_mass(truth == label)) for label in NEIGHBOURS)
    found[skimage.draw.line(*one.astype(int), *other.astype(int))] = NEIGHBOURS[0]
    found[ndimage.binary_dilation(found == NEIGHBOURS[0], iterations=2) & (truth == 0)] = NEIGHBOURS[0]
    found[truth == NEIGHBOURS[1]] = NEIGHBOURS[0]
    return found


@pytest.mark.slow
def test_errors_are_visited_and_one_is_mended(user: Any, qtbot: Any) -> None:
    viewer = user.viewer
    cells = make_cells("fluorescence", shape=(256, 256), count=16, seed=3)
    truth = cells.instances.astype(np.int32)
    viewer.add_image(cells.image, name="cells")
    viewer.add_labels(truth, name="truth", visible=False)
    found = viewer.add_labels(_with_mistakes(truth), name="found")
    widget = user.opens("Compare with truth")
    widget.go.native.click()
    user.waits(lambda: widget.go.text == START)
    tree = widget.list.native
    kinds = [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]
    assert kinds == ["merged", "missed", "invented"]
    tree.setCurrentItem(tree.topLevelItem(0).child(0))
    user.shoots("compare")
    tree.setCurrentItem(tree.topLevelItem(2).child(0))
    assert found.selected_label == 90

    _, editing = viewer.window.add_plugin_dock_widget("napari-cytounet", "Edit objects")
    assert isinstance(editing, EditObjectsWidget)
    editing.delete.native.click()
    assert not (found.data == 90).any()
    user.waits(lambda: "Out of date" in widget.warning.value)
    widget.go.native.click()
    user.waits(lambda: widget.go.text == START)
    kinds = [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]
    assert kinds == ["merged", "missed"]
