from __future__ import annotations

import numpy as np

from napari_cytounet.measurement.ratios import mean_of_defined, ratio


def test_nothing_of_something_is_zero_and_nothing_of_nothing_is_undefined():
    np.testing.assert_array_equal(ratio([1, 0, 0], [2, 0, 0], [True, True, False]), [0.5, 0.0, np.nan])


def test_ratio_broadcasts():
    assert ratio(np.ones((3, 1)), np.full(4, 2.0), present=True).shape == (3, 4)


def test_mean_leaves_out_what_is_undefined():
    np.testing.assert_array_equal(mean_of_defined([[0.25, np.nan, 0.75], [np.nan] * 3]), [0.5, np.nan])
