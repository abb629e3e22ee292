"""Two predictions of the same images: real differences are told from chance."""

from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.errors import PairingError
from napari_cytounet.images.truth import Truth
from napari_cytounet.measurement.evaluation import Evaluation, summarise_images
from napari_cytounet.measurement.image_scores import score_image
from napari_cytounet.measurement.paired import compare_evaluations, paired_difference


def test_a_real_difference_is_found_and_noise_is_not() -> None:
    random = np.random.default_rng(1)
    hard = random.uniform(0.5, 0.95, 30)  # images differ far more than models do
    better = paired_difference("dice", hard + 0.01 + random.normal(0, 0.005, 30), hard)
    assert better.means_something
    assert better.interval is not None
    assert 0 < better.interval[0] < 0.01 < better.interval[1]
    assert "difference is real" in better.describe()
    chance = paired_difference("dice", hard + random.normal(0, 0.02, 30), hard)
    assert not chance.means_something
    assert "may be chance" in chance.describe()


def test_the_interval_is_that_of_the_mean() -> None:
    """Against the normal approximation, which is good for 200 images."""
    random = np.random.default_rng(2)
    first, second = random.normal(0.8, 0.05, 200), random.normal(0.79, 0.05, 200)
    found = paired_difference("dice", first, second)
    half = 1.96 * (first - second).std(ddof=1) / np.sqrt(200)
    assert found.interval == pytest.approx((found.difference - half, found.difference + half), abs=0.002)


def test_false_alarms_are_as_rare_as_promised() -> None:
    random = np.random.default_rng(3)
    alarms = sum(
        paired_difference("dice", *random.normal(0.8, 0.03, (2, 25)), seed=seed).means_something
        for seed in range(200)
    )
    assert 0 < alarms < 24  # 5 % of 200 are 10; the bootstrap of 25 images is a little too narrow


def test_few_images_are_a_hint_and_one_is_nothing() -> None:
    few = paired_difference("dice", np.array([0.9, 0.91, 0.92]), np.array([0.8, 0.8, 0.8]))
    assert not few.means_something
    assert "hint" in few.describe()
    one = paired_difference("dice", np.array([0.9, np.nan]), np.array([0.8, 0.8]))
    assert (one.images, one.interval) == (1, None)
    assert "says nothing about others" in one.describe()
    same = paired_difference("dice", np.array([0.9, 0.8]), np.array([0.9, 0.8]))
    assert same.describe() == "Dice: the same in all 2 images."
    none = paired_difference("dice", np.array([np.nan]), np.array([1.0]))
    assert none.describe() == "Dice: no image has it on both sides."


def _evaluation(shift: int, names: str) -> Evaluation:
    images = []
    for number, name in enumerate(names):
        truth = np.zeros((30, 30), np.int32)
        truth[5 : 15 + number, 5:15] = 1
        predicted = np.roll(truth, shift, axis=0)
        images.append(score_image(Truth(predicted, predicted), Truth(truth, truth), name=name))
    return summarise_images(images, tolerance=2)


def test_evaluations_are_matched_by_the_names_of_images() -> None:
    found = {one.score: one for one in compare_evaluations(_evaluation(1, "abc"), _evaluation(2, "bcd"))}
    assert found["dice"].images == 2
    assert found["dice"].better == 2
    assert {"iou", "accuracy", "boundary_f1", "average_precision"} <= set(found)
    with pytest.raises(PairingError, match="no image in common"):
        compare_evaluations(_evaluation(1, "ab"), _evaluation(1, "cd"))
