from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from scipy.ndimage import label

from napari_cytounet.images.mask_pieces import measure_pieces

DTYPES = st.sampled_from([np.uint8, np.int32, np.uint64])


@settings(max_examples=60, deadline=None)
@given(arrays(DTYPES, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3)))
def test_pieces_against_counting_value_by_value(values: NDArray) -> None:
    areas, whole = [], 0
    distinct = [value for value in np.unique(values) if value]
    for value in distinct:
        pieces, _ = label(values == value, structure=np.ones((3, 3)))
        own = np.bincount(pieces.ravel())[1:]
        areas += own.tolist()
        whole += own.max() >= 0.9 * own.sum()
    measured = measure_pieces(values)
    assert (measured.labels, measured.whole_labels, measured.count) == (len(distinct), whole, len(areas))
    assert measured.median_area == (np.median(areas) if areas else 0)
    assert measured.regions == label(values != 0, structure=np.ones((3, 3)))[1]


def test_labels_above_every_signed_integer_stay_apart() -> None:
    labels = np.zeros((20, 20), np.uint64)
    labels[2:6, 2:6] = 2**64 - 1
    labels[6:12, 6:12] = 2**64 - 2
    assert measure_pieces(labels).labels == 2


@pytest.mark.parametrize(("side", "scattered"), [(1, True), (6, False)])
def test_crumbs_are_scattered_and_shapes_are_not(side: int, scattered: bool) -> None:
    random = np.random.default_rng(0)
    blocks = random.integers(1, 200, (20, 20)).astype(np.uint8)
    values = np.kron(blocks, np.ones((side, side), np.uint8))
    assert measure_pieces(values).scattered is scattered


def test_single_pixel_labels_apart_are_not_scattered() -> None:
    seeds = np.zeros((60, 60), np.uint16)
    seeds[::6, ::6] = np.arange(1, 101).reshape(10, 10)
    assert not measure_pieces(seeds).scattered
