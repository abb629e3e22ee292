"""Tiles: they cover a plane, their weights add up to 1, and blending gives back what was cut."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.images.tiles import Blender, Span, cut_axis, spans

boundaries = st.lists(st.integers(1, 30), min_size=1, max_size=6).map(lambda parts: [0, *np.cumsum(parts)])
fades = st.integers(0, 12)


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 5000), st.integers(1, 1024), st.sampled_from([1, 2, 8, 16, 32]))
def test_an_axis_is_cut_into_pieces_that_begin_on_the_stride(size: int, tile: int, stride: int) -> None:
    pieces = cut_axis(size, tile, stride)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == size
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert all(start % stride == 0 for start, _ in pieces)
    lengths = [stop - start for start, stop in pieces]
    assert min(lengths) > 0
    assert max(lengths) < 2 * tile + stride
    assert all(length >= min(tile, size) for length in lengths[:-1])
    assert len(set(lengths[:-1])) <= 1


@settings(deadline=None, max_examples=200)
@given(boundaries, fades)
def test_weights_add_up_to_1_everywhere(edges: list[int], fade: int) -> None:
    total = np.zeros(edges[-1])
    for span in spans(edges, fade):
        assert 0 <= span.reach.start <= span.start < span.stop <= span.reach.stop <= edges[-1]
        weights = np.ones(span.reach.stop - span.reach.start, dtype=np.float32)
        span.fade(weights, axis=0)
        assert weights.shape == (span.reach.stop - span.reach.start,)
        assert (weights > 0).all()
        total[span.reach] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@settings(deadline=None, max_examples=200)
@given(boundaries, fades)
def test_finished_pixels_follow_each_other_to_the_end(edges: list[int], fade: int) -> None:
    cut = spans(edges, fade)
    finished = [span.finished for span in cut]
    assert finished[0].start == 0
    assert finished[-1].stop == edges[-1]
    assert all(before.stop == after.start for before, after in pairwise(finished))
    assert all(part.start <= part.stop for part in finished)
    assert all(span.reach.start >= part.start for span, part in zip(cut, finished, strict=True))


@settings(deadline=None, max_examples=150)
@given(boundaries, boundaries, fades, fades, st.integers(1, 3), st.integers(0, 9))
def test_blending_tiles_of_an_image_gives_the_image(
    rows: list[int], columns: list[int], row_fade: int, column_fade: int, channels: int, seed: int
) -> None:
    image = np.random.default_rng(seed).random((channels, rows[-1], columns[-1]), dtype=np.float32)
    blender = Blender(spans(rows, row_fade), spans(columns, column_fade))
    result = np.full_like(image, np.nan)
    for row, column in product(blender.rows, blender.columns):
        done = blender.add(row, column, image[:, row.reach, column.reach].copy())
        assert np.isnan(result[:, row.finished, column.finished]).all()
        result[:, row.finished, column.finished] = done
    np.testing.assert_allclose(result, image, atol=1e-5)


def test_two_tiles_that_differ_fade_into_each_other() -> None:
    left, right = spans([0, 10, 20], fade=4)
    blender = Blender([Span(0, 1)], [left, right])
    first = blender.add(Span(0, 1), left, np.zeros((1, 1, 14), np.float32))
    second = blender.add(Span(0, 1), right, np.ones((1, 1, 14), np.float32))
    line = np.concatenate([first, second], axis=2)[0, 0]
    np.testing.assert_allclose(line[:6], 0)
    np.testing.assert_allclose(line[6:14], (np.arange(8) + 0.5) / 8)
    np.testing.assert_allclose(line[14:], 1)
