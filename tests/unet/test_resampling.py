"""Resizing: a part gets what the whole would, and agrees with the resizing of others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812

from napari_cytounet.unet.resampling import axis_resampling, nearest_pixels, working_size

sizes = st.integers(1, 90)
scales = st.sampled_from([1.0, 0.5, 1 / 3, 0.37, 0.125, 2.0, 1 / 0.37, 3.0]) | st.floats(0.1, 4)


def _resampled(values: torch.Tensor, scale: float, start: int, stop: int) -> torch.Tensor:
    resampling = axis_resampling(len(values), scale, start, stop)
    return resampling.apply(values[None, resampling.source], 1)[0]


@settings(deadline=None, max_examples=150)
@given(sizes, scales, st.integers(-30, 60), st.integers(1, 80), st.integers(0, 9))
def test_a_part_gets_what_the_whole_plane_gets(
    size: int, scale: float, start: int, length: int, seed: int
) -> None:
    values = torch.rand(size, generator=torch.Generator().manual_seed(seed))
    whole = _resampled(values, scale, -40, 160)
    part = _resampled(values, scale, start, start + length)
    torch.testing.assert_close(part, whole[start + 40 : start + 40 + length], rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=100)
@given(sizes, scales, st.integers(-100, 100), st.integers(1, 40))
def test_an_even_plane_stays_even(size: int, scale: float, start: int, length: int) -> None:
    assert _resampled(torch.full((size,), 3.5), scale, start, start + length).tolist() == pytest.approx(
        [3.5] * length
    )


@settings(deadline=None, max_examples=100)
@given(sizes, scales, st.integers(-30, 60), st.integers(1, 80))
def test_only_the_source_is_needed_and_it_lies_in_the_plane(
    size: int, scale: float, start: int, length: int
) -> None:
    source = axis_resampling(size, scale, start, start + length).source
    assert 0 <= source.start < source.stop <= size


@pytest.mark.parametrize("scale", [0.5, 0.25, 2 / 3, 1 / 3, 2.0, 3.0])
def test_inside_a_plane_it_is_antialiased_bilinear_as_in_torch(scale: float) -> None:
    values = torch.rand(96)
    size = working_size(96, scale)
    expected = F.interpolate(
        values.view(1, 1, 1, -1), size=(1, size), mode="bilinear", antialias=True, align_corners=False
    ).flatten()
    inner = slice(4, -4)
    torch.testing.assert_close(_resampled(values, scale, 0, size)[inner], expected[inner], rtol=0, atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37, 2.0])
def test_beyond_its_edges_a_plane_is_mirrored(scale: float) -> None:
    values = torch.rand(20)
    mirrored = torch.from_numpy(np.pad(values.numpy(), 200, mode="symmetric"))
    offset = round(200 * scale) / scale
    if offset != 200:  # the pixels of both grids meet only where the margin is whole in both
        mirrored, offset = torch.from_numpy(np.pad(values.numpy(), 300, mode="symmetric")), 300.0
    first = round(offset * scale)
    expected = _resampled(mirrored, scale, first - 15, first + 25)
    torch.testing.assert_close(_resampled(values, scale, -15, 25), expected, rtol=0, atol=1e-5)


def test_planes_are_resized_along_the_dimension_that_is_asked_for() -> None:
    values = torch.rand(3, 20, 30)
    down, across = axis_resampling(20, 0.5, 0, 10), axis_resampling(30, 0.37, 0, 11)
    both = across.apply(down.apply(values, 1), 2)
    other_order = down.apply(across.apply(values, 2), 1)
    assert both.shape == (3, 10, 11)
    torch.testing.assert_close(both, other_order, rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=100)
@given(sizes, scales)
def test_nearest_pixels_lie_in_the_plane_and_in_order(size: int, scale: float) -> None:
    nearest = nearest_pixels(size, scale)
    assert len(nearest) == working_size(size, scale) >= 1
    assert nearest[0] >= 0
    assert nearest[-1] < size
    assert (np.diff(nearest) >= 0).all()
