from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import bootstrap

from napari_cytounet.measurement.ratios import ratio
from napari_cytounet.measurement.summary import resamplings, summarise


def share(counts):
    return ratio(counts[..., 0], counts[..., 1], counts[..., 1] > 0)


def test_interval_agrees_with_the_bootstrap_of_scipy():
    generator = np.random.default_rng(3)
    size = generator.integers(50, 200, 40)
    counts = np.stack([generator.binomial(size, 0.7), size], axis=1)
    summary = summarise(counts, share, resamplings(40, seed=0, draws=20_000))
    means = bootstrap((counts[:, 0] / size,), np.mean, method="percentile", n_resamples=20_000, rng=1)
    pools = bootstrap(
        (counts[:, 0], counts[:, 1]),
        lambda right, total: right.sum() / total.sum(),
        method="percentile",
        n_resamples=20_000,
        vectorized=False,
        paired=True,
        rng=1,
    )
    np.testing.assert_allclose(summary.mean_interval, means.confidence_interval, atol=1e-3)
    np.testing.assert_allclose(summary.pooled_interval, pools.confidence_interval, atol=1e-3)


def test_one_image_has_no_interval():
    summary = summarise(np.array([[3, 4]]), share, resamplings(1, seed=0))
    assert (summary.mean, summary.pooled) == (0.75, 0.75)
    assert summary.mean_interval is None
    assert summary.pooled_interval is None


def test_images_without_a_score_are_left_out_of_the_mean():
    summary = summarise(np.array([[3, 4], [0, 0], [1, 4]]), share, resamplings(3, seed=0))
    assert (summary.mean, summary.pooled, summary.images) == (0.5, 0.5, 2)
    assert summary.mean_interval == (0.25, 0.75)


def test_a_score_that_is_nowhere_defined_is_null_in_json():
    summary = summarise(np.zeros((3, 2)), share, resamplings(3, seed=0))
    assert json.loads(json.dumps(summary.as_dict(), allow_nan=False)) == {
        "mean": None,
        "mean_interval": None,
        "pooled": None,
        "pooled_interval": None,
        "images": 0,
    }


@settings(max_examples=30, deadline=None)
@given(arrays(np.int64, (6, 2), elements=st.integers(1, 50)), st.permutations(range(6)))
def test_the_order_of_images_matters_to_the_intervals_only(counts, order):
    draws = resamplings(6, seed=0)
    one, other = summarise(counts, share, draws), summarise(counts[order], share, draws)
    assert (one.mean, one.pooled) == pytest.approx((other.mean, other.pooled))


def test_the_seed_decides():
    np.testing.assert_array_equal(resamplings(9, seed=4), resamplings(9, seed=4))
    assert (resamplings(9, seed=4) != resamplings(9, seed=5)).any()
