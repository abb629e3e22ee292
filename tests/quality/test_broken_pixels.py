"""Single pixels that stand out are told from the sharp peaks of something real."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_cytounet.quality.broken_pixels import broken_pixels


@pytest.mark.parametrize("value", [0.0, 250.0])
def test_dead_and_hot_pixels_are_found_at_the_edge_too(value: float) -> None:
    grey = (100 + np.random.default_rng(0).normal(0, 3, (40, 50))).astype(np.float32)
    places = [(0, 0), (0, 20), (17, 49), (20, 20)]
    for place in places:
        grey[place] = value
    assert [tuple(at) for at in np.argwhere(broken_pixels(grey, 30))] == places


def test_a_sharp_peak_on_a_slope_is_none() -> None:
    point = np.zeros((21, 21))
    point[10, 10] = 1
    peak = ndimage.gaussian_filter(point, 0.9)
    grey = (60 + 140 * peak / peak.max()).astype(np.float32)
    assert grey[10, 10] - grey[10, 11] > 40
    assert not broken_pixels(grey, 40).any()
    grey[10, 10] += 300
    assert broken_pixels(grey, 40)[10, 10]
