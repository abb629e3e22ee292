from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_cytounet.segmentation.calibration import BINS, Calibration

# Few different probabilities, so that ties and plateaus occur.
PROBABILITIES = st.integers(0, 12).map(lambda part: part / 12)
PLANES = st.tuples(
    arrays(np.float32, (2, 4, 5), elements=PROBABILITIES.map(np.float32).map(float)),
    arrays(np.int16, (4, 5), elements=st.integers(-1, 2)),
)


def brute_force(planes, number: int, threshold: float) -> float:
    predicted = np.concatenate([p[number - 1][t >= 0] for p, t in planes]) >= threshold
    true = np.concatenate([t[t >= 0] for _, t in planes]) == number
    total = predicted.sum() + true.sum()
    return 2 * (predicted & true).sum() / total if total else np.nan


@given(st.lists(PLANES, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_equals_brute_force(planes):
    calibration = Calibration(2)
    for probabilities, truth in planes:
        calibration.update(probabilities, truth)
    grid = np.arange(1, BINS) / BINS
    for number in (1, 2):
        curve = [brute_force(planes, number, threshold) for threshold in grid[::31]]
        np.testing.assert_allclose([calibration.dice_at(t)[number - 1] for t in grid[::31]], curve)
        chosen, reached = calibration.thresholds()[number - 1], calibration.dice()[number - 1]
        np.testing.assert_allclose(reached, brute_force(planes, number, chosen))
        if not np.isnan(reached):
            assert reached >= np.nanmax(curve)


def test_takes_the_middle_of_a_plateau():
    calibration = Calibration(1)
    calibration.update(np.array([[[0.25, 0.75]]], np.float32), np.array([[0, 1]]))
    assert calibration.thresholds()[0] == pytest.approx(0.5, abs=2 / BINS)
    assert calibration.dice() == (1.0,)


def test_unlabelled_pixels_do_not_count():
    calibration = Calibration(1)
    calibration.update(np.array([[[0.2, 0.9, 0.9, 0.1]]]), np.array([[0, 1, -1, -1]]))
    assert calibration.dice_at(0.5) == (1.0,)


def test_nothing_seen_gives_the_middle():
    calibration = Calibration(2)
    assert calibration.thresholds() == (0.5, 0.5)
    assert np.isnan(calibration.dice()).all()
    calibration.update(np.full((2, 3, 3), 0.4), np.zeros((3, 3), int))
    assert calibration.thresholds() == (0.5, 0.5)


def test_certain_probabilities_are_counted():
    calibration = Calibration(1)
    calibration.update(np.array([[[0.0, 1.0]]]), np.array([[0, 1]]))
    assert calibration.dice() == (1.0,)
    assert 0 < calibration.thresholds()[0] < 1
