"""Tests of splitting and merging along a line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.draw import disk

from napari_cytounet.errors import MaskError
from napari_cytounet.segmentation.line_edits import merge_along, split_along

EIGHT = np.ones((3, 3))


def _applied(labels: np.ndarray, edit: object) -> np.ndarray:
    after = labels.copy()
    after[edit.box] = edit.labels
    return after


def _disk(label: int = 5) -> np.ndarray:
    labels = np.zeros((40, 50), np.int32)
    labels[disk((20, 20), 12)] = label
    return labels


@given(st.floats(0, np.pi), st.floats(-6, 6))
def test_a_line_right_across_divides_whatever_its_direction(angle: float, beside: float) -> None:
    labels = _disk()
    along = np.array([np.sin(angle), np.cos(angle)])
    middle = np.array([20, 20]) + beside * np.array([along[1], -along[0]])
    edit = split_along(labels, [middle - 18 * along, middle + 18 * along], first_free=9)
    after = _applied(labels, edit)
    assert edit.parents == {9: 5}
    assert np.count_nonzero(after == 5) >= np.count_nonzero(after == 9) >= 1
    touching = ndimage.binary_dilation(after == 5, EIGHT) & (after == 9)
    assert not touching.any()
    lost = (labels > 0) & (after == 0)
    assert np.count_nonzero(lost) < 2 * 26  # the line, and no more
    assert not after[labels == 0].any()


def test_only_what_the_line_divides_is_split() -> None:
    labels = _disk()
    labels[10:30, 36:46] = 7
    edit = split_along(labels, [(20, -5), (20, 40)], first_free=8)  # it ends inside of the second
    after = _applied(labels, edit)
    assert edit.parents == {8: 5}
    np.testing.assert_array_equal(after == 7, labels == 7)


def test_each_patch_of_a_label_is_looked_at_by_itself() -> None:
    labels = np.zeros((9, 30), np.uint8)
    labels[2:7, 2:10], labels[2:7, 20:28] = 1, 1
    edit = split_along(labels, [(0, 5), (8, 5)], first_free=2)
    after = _applied(labels, edit)
    assert set(np.unique(after[:, 20:])) == {0, 1}
    assert set(np.unique(after[:, :12])) == {0, 1, 2}


def test_a_trembling_line_leaves_no_crumbs() -> None:
    labels = np.zeros((11, 21), np.int32)
    labels[1:10, 1:20] = 3
    path = [(-1, 10), (4, 10), (4, 12), (6, 12), (6, 10), (4, 10), (10, 10)]  # a loop around one pixel
    after = _applied(labels, split_along(labels, path, first_free=4))
    _, patches = ndimage.label(after, EIGHT)
    assert patches == 2


def test_a_line_that_divides_nothing_says_what_to_do() -> None:
    labels = _disk()
    with pytest.raises(MaskError, match="crosses no object"):
        split_along(labels, [(0, 0), (5, 5)], first_free=6)
    with pytest.raises(MaskError, match="does not divide object 5"):
        split_along(labels, [(0, 20), (20, 20)], first_free=6)
    with pytest.raises(MaskError, match="crosses no object"):
        split_along(labels, [(-9, -9), (-2, 200)], first_free=6)


def test_a_label_that_does_not_fit_is_refused() -> None:
    with pytest.raises(MaskError, match="uint8 ends at 255"):
        split_along(_disk(255).astype(np.uint8), [(0, 20), (39, 20)], first_free=256)


def test_objects_that_touch_are_merged_without_another_pixel() -> None:
    labels = np.zeros((10, 20), np.uint16)
    labels[2:8, 2:10], labels[2:8, 10:18] = 4, 2
    after = _applied(labels, merge_along(labels, [(5, 5), (5, 14)]))
    np.testing.assert_array_equal(after, np.where(labels > 0, 4, 0))


def test_a_gap_is_bridged_along_the_line() -> None:
    labels = np.zeros((11, 30), np.int32)
    labels[2:9, 2:10], labels[2:9, 16:24], labels[0, :] = 4, 2, 9
    after = _applied(labels, merge_along(labels, [(5, 0), (5, 29)]))
    _, patches = ndimage.label(after == 4, EIGHT)
    assert patches == 1
    np.testing.assert_array_equal(after[4:7, 10:16], 4)
    assert not after[[3, 7], 11:15].any()
    assert not after[1:, 26:].any()  # beyond the last object the line does nothing
    np.testing.assert_array_equal(after == 9, labels == 9)


def test_several_objects_take_the_label_of_the_first() -> None:
    labels = np.array([[3, 3, 0, 1, 1, 2, 2]] * 3)
    after = _applied(labels, merge_along(labels, [(1, 6), (1, 0)]))
    assert set(np.unique(after)) == {2}
    with pytest.raises(MaskError, match="fewer than two objects"):
        merge_along(labels, [(1, 0), (1, 2)])
