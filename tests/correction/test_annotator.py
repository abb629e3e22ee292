"""The annotator who knows the masks: careful, and within bounds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from napari_cytounet.correction.annotator import LEAST_ERROR, Brush, paint_stroke


def _classes(seed: int, *, unknown: bool) -> NDArray[np.int16]:
    """Blobs of background and two classes, (70, 90), perhaps with unknown ones."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(70, 90)), 5)
    levels = np.quantile(noise, [0.2, 0.6, 0.8]) if unknown else np.quantile(noise, [0.6, 0.8])
    return (np.digitize(noise, levels) - int(unknown)).astype(np.int16)


@examples(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 80), st.integers(1, 12), st.booleans())
def test_a_stroke_is_right_and_within_bounds(
    seed: int, other: int, length: int, width: int, unknown: bool
) -> None:
    truth, found = _classes(seed, unknown=unknown), _classes(other, unknown=False)
    painted = paint_stroke(truth, found, Brush(length, width))
    wrong = (truth != found) & (truth >= 0)
    if painted is None:
        regions = [ndimage.label(wrong & (truth == value))[0] for value in range(3)]
        assert max(np.bincount(region.ravel(), minlength=2)[1:].max() for region in regions) < LEAST_ERROR
        return
    where = painted > 0
    (value,) = np.unique(painted[where])
    assert (truth[where] == value - 1).all()
    assert (wrong & where).any()
    assert len(np.unique(ndimage.label(where, np.ones((3, 3)))[0])) <= 2 or width > 1
    rows, columns = np.nonzero(where)
    reach = np.hypot(rows[:, None] - rows, columns[:, None] - columns).max()
    assert reach <= length + width
    assert ndimage.distance_transform_edt(np.pad(where, 1)).max() <= width / 2 + 1
    assert where.sum() <= (length + width + 1) * (width + 1)


def test_it_paints_the_largest_error_along_its_middle() -> None:
    truth = np.zeros((60, 100), np.int16)
    truth[10:30, 10:90] = 1
    truth[45:50, 5:12] = 1
    painted = paint_stroke(truth, np.zeros_like(truth), Brush(40, 5))
    assert painted is not None
    rows, columns = np.nonzero(painted)
    assert (painted[painted > 0] == 2).all()
    assert rows.min() >= 15
    assert rows.max() <= 24
    assert 38 <= np.ptp(columns) <= 46


def test_background_that_was_found_as_cell_is_painted_as_background() -> None:
    truth = np.zeros((40, 40), np.int16)
    found = np.zeros_like(truth)
    found[5:20, 5:20] = 1
    painted = paint_stroke(truth, found, Brush(10, 3))
    assert painted is not None
    assert set(np.unique(painted)) == {0, 1}
    assert painted[5:20, 5:20].any()


def test_where_nothing_is_wrong_or_too_little_nothing_is_painted() -> None:
    truth = np.zeros((40, 40), np.int16)
    found = truth.copy()
    assert paint_stroke(truth, found, Brush()) is None
    found[3:7, 3:7] = 1  # 16 pixels
    assert paint_stroke(truth, found, Brush()) is None
    truth[:] = -1
    found[:] = 1
    assert paint_stroke(truth, found, Brush()) is None


def test_a_wanted_class_is_painted_though_it_was_found() -> None:
    truth = _classes(3, unknown=False)
    painted = paint_stroke(truth, truth, Brush(), wanted=2)
    assert painted is not None
    assert set(np.unique(painted)) == {0, 3}
    assert paint_stroke(np.zeros_like(truth), truth, Brush(), wanted=2) is None
