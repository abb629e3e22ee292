from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_cytounet.measurement.effect_size import compare_images

values = arrays(np.float64, st.integers(2, 8), elements=st.integers(-50, 50))


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_equals_the_published_definitions(first, second):
    effect = compare_images("a", first, second)
    n, m = len(first), len(second)
    pooled = np.sqrt(((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / (n + m - 2))
    if pooled > 0:
        cohen = (second.mean() - first.mean()) / pooled
        assert effect.hedges_g == pytest.approx(cohen * (1 - 3 / (4 * (n + m) - 9)), abs=1e-9)
    else:
        assert np.isnan(effect.hedges_g)
    dominance = np.mean([np.sign(b - a) for a in first for b in second])
    assert effect.cliffs_delta == pytest.approx(dominance, abs=1e-12)
    turned = compare_images("a", second, first)
    assert turned.cliffs_delta == pytest.approx(-effect.cliffs_delta, abs=1e-12)
    json.dumps(effect.as_dict(), allow_nan=False)


def test_intervals_come_from_resampled_images_and_cover():
    """Of conditions that do not differ, 95 % intervals leave out 0 about as often as they say."""
    rng = np.random.default_rng(0)
    outside = 0
    for seed in range(100):
        effect = compare_images("a", rng.normal(size=20), rng.normal(size=20), seed)
        low, high = effect.difference_interval
        outside += not low <= 0 <= high
    assert outside <= 14


def test_the_interval_is_that_of_resampling_by_hand():
    first, second = np.array([1.0, 2, 4, 8]), np.array([3.0, 5, 9])
    effect = compare_images("a", first, second)
    rng = np.random.default_rng(1)
    drawn = [rng.choice(second, 3).mean() - rng.choice(first, 4).mean() for _ in range(20_000)]
    np.testing.assert_allclose(effect.difference_interval, np.percentile(drawn, [2.5, 97.5]), atol=0.25)


def test_one_image_has_no_spread_and_nan_is_left_out():
    effect = compare_images("a", np.array([1.0, np.nan]), np.array([2.0, 3.0]))
    assert effect.images == (1, 2)
    assert np.isnan(effect.hedges_g)
    assert effect.difference_interval is effect.hedges_g_interval is None
    assert effect.cliffs_delta == 1


def test_no_spread_at_all():
    effect = compare_images("a", np.full(3, 2.0), np.full(3, 2.0))
    assert (effect.difference, effect.cliffs_delta) == (0, 0)
    assert np.isnan(effect.hedges_g)
    assert effect.hedges_g_interval is None
