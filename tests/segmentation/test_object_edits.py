"""Tests of corrections of objects, against scikit-image and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.draw import disk
from skimage.measure import label as connected
from skimage.morphology import remove_small_objects

from napari_cytounet.errors import MaskError
from napari_cytounet.segmentation.object_edits import (
    box_around,
    delete_at_border,
    delete_objects,
    fill_object_holes,
    keep_between,
    number_anew,
    number_object,
    smooth_objects,
)

SOME = arrays(np.uint8, (9, 12), elements=st.sampled_from([0, 0, 0, 1, 2, 200]))


def _applied(labels: np.ndarray, edit: object) -> np.ndarray:
    after = labels.copy()
    after[edit.box] = edit.labels
    return after


@given(SOME)
def test_holes_are_those_of_scipy_and_take_nothing_from_others(labels: np.ndarray) -> None:
    after = _applied(labels, fill_object_holes(labels, [1]))
    filled = ndimage.binary_fill_holes(labels == 1) & (labels == 0)
    np.testing.assert_array_equal(after, np.where(filled, 1, labels))


@given(SOME, st.integers(0, 30), st.integers(1, 60))
def test_areas_are_those_of_the_labels(labels: np.ndarray, smallest: int, largest: int) -> None:
    after = _applied(labels, keep_between(labels, smallest, largest))
    for label in (1, 2, 200):
        area = np.count_nonzero(labels == label)
        expected = area if smallest <= area <= largest else 0
        assert np.count_nonzero(after == label) == expected
    assert after.dtype == labels.dtype


def test_with_one_bound_it_is_what_scikit_image_does() -> None:
    labels = connected(np.random.default_rng(0).random((60, 60)) < 0.4, connectivity=1)
    after = _applied(labels, keep_between(labels, 10, None))
    np.testing.assert_array_equal(after, remove_small_objects(labels, max_size=9))


@given(SOME)
def test_numbers_are_those_of_scikit_image(labels: np.ndarray) -> None:
    edit = number_anew(labels)
    np.testing.assert_array_equal(_applied(labels, edit), connected(labels, connectivity=2, background=0))
    for new, old in edit.parents.items():
        assert set(np.unique(labels[edit.labels == new])) == {old}
    later = number_anew(labels, first=100)
    np.testing.assert_array_equal(later.labels > 0, labels > 0)
    assert later.labels.max() in (0, 99 + edit.labels.max())


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(MaskError, match="uint8 ends at 255"):
        number_anew(np.array([[1, 0, 1]], np.uint8), first=255)


def test_what_touches_the_border_goes() -> None:
    labels = np.zeros((8, 8), np.int32)
    labels[0, 2], labels[3:5, 3:5], labels[6:, 6:] = 1, 2, 3
    assert set(np.unique(_applied(labels, delete_at_border(labels)))) == {0, 2}


@given(SOME)
def test_deleting_leaves_the_others(labels: np.ndarray) -> None:
    after = _applied(labels, delete_objects(labels, [2, 99]))
    np.testing.assert_array_equal(after, np.where(labels == 2, 0, labels))


@given(SOME, st.sampled_from([1, 2, 200]), st.integers(1, 255))
def test_an_object_gets_a_free_number_and_nothing_else_changes(
    labels: np.ndarray, chosen: int, number: int
) -> None:
    is_there, is_taken = chosen in labels, number != chosen and number in labels
    if is_there and not is_taken:
        edit = number_object(labels, chosen, number)
        np.testing.assert_array_equal(_applied(labels, edit), np.where(labels == chosen, number, labels))
        assert edit.parents == {number: chosen}
    else:
        with pytest.raises(MaskError, match="already" if is_there else "no object"):
            number_object(labels, chosen, number)


@pytest.mark.parametrize(
    ("chosen", "number", "words"), [(0, 3, "no object 0"), (1, 0, "at least 1"), (1, 256, "ends at 255")]
)
def test_numbers_that_no_object_can_have(chosen: int, number: int, words: str) -> None:
    with pytest.raises(MaskError, match=words):
        number_object(np.array([[1, 0, 2]], np.uint8), chosen, number)


def test_a_bump_and_a_notch_are_smoothed_and_the_area_stays() -> None:
    labels = np.zeros((80, 80), np.int32)
    labels[disk((40, 40), 20)] = 6
    smooth = labels.copy()
    labels[40, 60:64], labels[20:24, 40] = 6, 0
    after = _applied(labels, smooth_objects(labels, [6]))
    assert not after[40, 62:].any()
    assert after[22, 40] == 6
    assert abs(np.count_nonzero(after) / np.count_nonzero(smooth) - 1) < 0.02


def test_smoothing_takes_nothing_from_neighbours_and_loses_nobody() -> None:
    labels = np.zeros((30, 40), np.int32)
    labels[5:25, 5:20], labels[5:25, 20:35], labels[1, 1] = 1, 2, 3
    after = _applied(labels, smooth_objects(labels, [1, 2, 3]))
    assert after[1, 1] == 3
    np.testing.assert_array_equal(after[8:22, 8:20], 1)
    np.testing.assert_array_equal(after[8:22, 20:32], 2)
    untouched = _applied(labels, smooth_objects(labels, [1]))
    np.testing.assert_array_equal(untouched == 2, labels == 2)


def test_the_box_of_nothing_is_empty() -> None:
    assert np.zeros((3, 3))[box_around(np.zeros((3, 3), bool))].size == 0
