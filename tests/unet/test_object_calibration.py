"""Thresholds for objects: those that part what the truth parts."""

from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.measurement.object_scores import object_counts, object_scores
from napari_cytounet.segmentation.seeded import label_seeds
from napari_cytounet.unet.object_calibration import IOUS, REACH, ObjectCalibration, growth


def test_the_score_is_the_mean_average_precision_at_the_thresholds() -> None:
    field = make_cells("fluorescence", shape=(200, 200), count=20, seed=2)
    random = np.random.default_rng(0)
    foreground = np.clip((field.instances > 0) * 0.7 + random.normal(0.1, 0.15, field.instances.shape), 0, 1)
    seeds = np.clip(foreground - 0.1, 0, 1)
    truth = field.instances.copy()
    truth[:, :40] = -1
    calibration = ObjectCalibration()
    calibration.update(foreground, seeds, truth)
    chosen, score = calibration.best()
    found = label_seeds(seeds >= chosen.seeds, foreground >= chosen.foreground, REACH)
    expected = object_scores(object_counts(found, truth, IOUS)).average_precision.mean()
    assert score == pytest.approx(expected, abs=1e-9)
    assert score > 0.5


def test_planes_are_pooled_and_ids_may_be_any() -> None:
    calibration = ObjectCalibration(foregrounds=(0.5,), seeds=(0.5,))
    whole = np.array([[0.0, 1.0, 1.0, 0.0]])
    calibration.update(whole, whole, np.array([[0, 70_000_000, 70_000_000, 0]]))
    calibration.update(whole, whole, np.array([[5, 0, 0, 5]]))
    assert calibration.best()[1] == pytest.approx(1 / 3)


def test_nothing_found_scores_nothing_and_takes_the_middle() -> None:
    calibration = ObjectCalibration()
    calibration.update(np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4), int))
    chosen, score = calibration.best()
    assert score == 0
    assert 0.3 < chosen.foreground < 0.7


def test_seeds_grow_further_where_images_were_shrunk() -> None:
    assert growth(0.5) == 2 * growth(1.0) == 2 * REACH
