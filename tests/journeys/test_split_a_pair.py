"""Two cells are taken for one; a stroke of background between them has other pairs come apart as well."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

PAIRS = ((40, 50), (40, 140), (110, 70), (110, 180), (190, 50), (190, 150))
"""Where the cells of each pair touch."""

ASIDE = 12
"""Columns from there to the middle of each of the two cells."""


def _pairs_of_cells() -> NDArray[np.uint8]:
    """Return cells that touch in pairs, a little darker where they do."""
    y, x = np.mgrid[:256, :256]
    image = np.zeros((256, 256))
    for row, column in PAIRS:
        for side in (-ASIDE, ASIDE):
            image[((y - row) / 13) ** 2 + ((x - column - side) / 12) ** 2 < 1] = 1
        image[(np.abs(x - column) <= 2) & (np.abs(y - row) <= 7)] = 0.8
    noise = np.random.default_rng(0).normal(0, 6, image.shape)
    return (ndimage.gaussian_filter(image, 1) * 150 + 30 + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.slow
def test_one_stroke_separates_pairs_that_were_never_painted(user: Any, hand: Any) -> None:
    user.viewer.add_image(_pairs_of_cells(), name="pairs")
    widget = user.opens("Correct and learn")
    widget.start_button.native.click()
    user.waits(lambda: widget.live is not None and widget.live.stage.is_there)
    live, strokes = widget.live, widget.live.stage.strokes

    strokes.brush_size = 5
    row, column = PAIRS[0]
    hand.drags(strokes, (row, column - 17), (row, column), (row, column + 17))  # two cells in one go
    for side in (-ASIDE, ASIDE):
        row, column = PAIRS[1][0], PAIRS[1][1] + side
        hand.drags(strokes, (row, column - 5), (row, column + 5))
    widget.panel.classes[0].native.click()
    for row, column in ((70, 30), (150, 110), (15, 100), (230, 100)):
        hand.drags(strokes, (row, column - 9.0), (row, column + 9.0))
    unseen = PAIRS[2:]
    user.waits(lambda: sum(_is_one(live.view.field, pair) for pair in (PAIRS[0], *unseen)) >= 3)
    merged = [pair for pair in unseen if _is_one(live.view.field, pair)]
    assert merged
    user.shoots("pairs-merged")

    strokes.brush_size = 3
    row, column = PAIRS[0]
    hand.drags(strokes, (row - 9, column), (row, column), (row + 9, column))
    last = live.opened.ledger.last
    user.waits(lambda: live.follower.state.judged >= last)
    user.waits(lambda: all(_are_two(live.view.field, pair) for pair in (PAIRS[0], *merged)))
    user.shoots("pairs-split")
    widget.close_session()


def _objects_of(field: Any, pair: tuple[int, int]) -> tuple[int, int]:
    """Return the numbers of the objects that the two cells of a pair are in, 0 where none is found."""
    if field is None:
        return 0, 0
    objects, _ = ndimage.label(field.classes, np.ones((3, 3)))
    row, column = pair[0] - field.box.top, pair[1] - field.box.left
    return int(objects[row, column - ASIDE]), int(objects[row, column + ASIDE])


def _is_one(field: Any, pair: tuple[int, int]) -> bool:
    one, other = _objects_of(field, pair)
    return one == other != 0


def _are_two(field: Any, pair: tuple[int, int]) -> bool:
    one, other = _objects_of(field, pair)
    return 0 != one != other != 0
