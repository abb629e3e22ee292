"""Tests of layers that are there to be looked at only."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels

from napari_cytounet.widgets.previews import is_preview, mark_preview


def test_each_widget_knows_its_own_previews_and_those_of_others() -> None:
    painted, shown = (Labels(np.zeros((4, 4), np.uint8)) for _ in range(2))
    mark_preview(shown, "threshold")
    assert is_preview(shown)
    assert is_preview(shown, "threshold")
    assert not is_preview(shown, "training")
    assert not is_preview(painted)


def test_a_copy_is_the_users_own() -> None:
    shown = Labels(np.zeros((4, 4), np.uint8))
    mark_preview(shown, "training")
    copied = Labels(shown.data, metadata=shown.metadata)
    assert not is_preview(copied)
