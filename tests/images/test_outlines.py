from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_fill_holes
from skimage.draw import circle_perimeter, disk

from napari_cytounet.images.outlines import THICKEST_LINE, enclosed_area, fill_outlines, lines_are_thin
from napari_cytounet.images.reading import find_images, open_image


@pytest.mark.parametrize("part", ["train", "validation"])
def test_filled_outlines_of_bbbc030_are_its_filled_masks(data: Path, part: str) -> None:
    files = find_images(data / "bbbc030" / part / "outlines")
    assert len(files) == 20
    for file in files:
        outlines = open_image(file).read()[0] > 0
        filled = open_image(data / "bbbc030" / part / "new_outlines" / file.name).read()[0] > 0
        assert np.array_equal(fill_outlines(outlines), filled), file


@settings(max_examples=80, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.booleans()))
def test_filling_equals_scipy(outlines: np.ndarray) -> None:
    assert np.array_equal(fill_outlines(outlines), binary_fill_holes(outlines))


def test_a_ring_with_a_gap_or_cut_by_the_border_stays_a_line() -> None:
    ring = np.zeros((30, 30), bool)
    ring[circle_perimeter(15, 15, 8)] = True
    gap = ring.copy()
    gap[6:9, 14:17] = False
    assert np.array_equal(fill_outlines(gap), gap)
    assert np.array_equal(fill_outlines(ring[15:]), ring[15:])
    assert enclosed_area(ring) > ring.sum()


def test_a_ring_within_a_ring_is_filled() -> None:
    rings = np.zeros((40, 40), bool)
    for radius in (6, 14):
        rings[circle_perimeter(20, 20, radius)] = True
    assert fill_outlines(rings)[20, 20]
    assert not fill_outlines(rings)[0, 0]


@pytest.mark.parametrize(
    ("width", "thin"), [(1, True), (3, True), (THICKEST_LINE, True), (THICKEST_LINE + 2, False)]
)
def test_width_of_lines(width: int, thin: bool) -> None:
    outlines = np.zeros((80, 80), bool)
    outlines[disk((40, 40), 25)] = True
    inside = np.zeros_like(outlines)
    inside[disk((40, 40), 25 - width)] = True
    assert lines_are_thin(outlines & ~inside) is thin


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (6, 6)])
def test_images_smaller_than_a_line_is_wide(shape: tuple[int, int]) -> None:
    assert lines_are_thin(np.ones(shape, bool))
    assert enclosed_area(np.ones(shape, bool)) == 0
