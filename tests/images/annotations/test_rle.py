"""Runs, against the reference implementation of COCO."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.images.annotations.rle import decode_runs, encode_runs, runs_to_text, text_to_runs

reference = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


@settings(max_examples=100, deadline=None)
@given(masks)
def test_equals_the_reference(mask):
    encoded = reference.encode(np.asfortranarray(mask.astype(np.uint8)))
    runs = encode_runs(np.flatnonzero(mask), mask.shape)
    assert runs_to_text(runs) == encoded["counts"].decode()
    assert text_to_runs(encoded["counts"].decode()) == runs


@settings(max_examples=100, deadline=None)
@given(masks)
def test_back_to_the_mask(mask):
    cut, (row, column) = decode_runs(encode_runs(np.flatnonzero(mask), mask.shape), mask.shape)
    whole = np.zeros_like(mask)
    whole[row : row + cut.shape[0], column : column + cut.shape[1]] = cut
    np.testing.assert_array_equal(whole, mask)
    if mask.any():
        assert all(edge.any() for edge in (cut[0], cut[-1], cut[:, 0], cut[:, -1]))


@pytest.mark.parametrize("runs", [[3, 2], [3, 20], [-1, 10], []])
def test_runs_that_do_not_fill_the_mask(runs):
    with pytest.raises(ValueError, match="its runs fill"):
        decode_runs(runs, (3, 3))


@pytest.mark.parametrize("text", ["2 1", "o", "~~~~~~~~~~~~~~~~", "0" * 3 + "O"])
def test_damaged_texts(text):
    with pytest.raises(ValueError, match="compressed runs are"):
        text_to_runs(text)
