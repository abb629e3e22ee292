"""Choosing the working scale."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from napari_cytounet.images.truth import Truth
from napari_cytounet.unet.working_scale import choose_object_scale, choose_working_scale


def _discs(diameter: int, *, seed: int = 0) -> Truth:
    classes = np.zeros((600, 600), np.int16)
    random = np.random.default_rng(seed)
    for _ in range(6):
        classes[disk(random.integers(0, 600, 2), diameter / 2, shape=classes.shape)] = 1
    return Truth(classes, None)


def _truth(classes: np.ndarray) -> Truth:
    return Truth(classes.astype(np.int16), None)


@pytest.mark.parametrize("diameter", [15, 30, 60, 120, 240])
def test_objects_are_brought_to_about_30_pixels_and_never_enlarged(diameter: int) -> None:
    choice = choose_working_scale([_discs(diameter)])
    assert choice.scale <= 1
    assert diameter * choice.scale >= 30 / 1.6 or choice.scale == 1
    assert diameter * choice.scale <= 60
    assert "pixels across" in choice.reason


def test_thin_parts_keep_the_scale_up() -> None:
    membranes = np.ones((300, 300))
    membranes[::60, :] = membranes[:, ::60] = 0
    assert choose_working_scale([_truth(membranes)]).scale > 0.5
    assert choose_working_scale([_discs(60)]).scale <= 0.5


def test_specks_do_not_count_as_objects() -> None:
    truth = _discs(120)
    clean = choose_working_scale([truth]).scale
    truth.classes[::40, ::40] = 1
    assert choose_working_scale([truth]).scale == clean


@pytest.mark.parametrize(("larger", "own"), [(70, False), (78, False), (82, True), (180, True)])
def test_images_get_factors_of_their_own_where_objects_differ_more_than_twofold(
    larger: int, own: bool
) -> None:
    choice = choose_object_scale([_disc(40)] * 5 + [_disc(larger)] * 5)
    assert choice.own is own
    assert choice.scale == pytest.approx(30 / choice.diameter)
    assert ("its own factor" in choice.reason) is own


def _disc(diameter: int) -> Truth:
    classes = np.zeros((200, 200), np.int16)
    classes[disk((100, 100), diameter / 2)] = 1
    return Truth(classes, None)


@pytest.mark.parametrize("classes", [np.zeros((9, 9)), np.full((9, 9), -1), np.eye(3)])
def test_without_objects_images_stay_as_they_are(classes: np.ndarray) -> None:
    assert choose_working_scale([_truth(classes)]).scale == 1
    assert choose_working_scale([]).scale == 1
