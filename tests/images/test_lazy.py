from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_cytounet.images.lazy import LazyView, MappedArray, cut

ARRAY = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_view_slices_like_the_array_that_it_shows(data: st.DataObject) -> None:
    parts = tuple(
        data.draw(st.integers(0, length - 1) | st.slices(length).filter(lambda part: part.step in {None, 1}))
        for length in ARRAY.shape
    )
    view, expected = LazyView(ARRAY, parts), ARRAY[parts]
    assert view.shape == expected.shape
    assert view.ndim == expected.ndim
    assert view.dtype == expected.dtype
    if expected.ndim:
        index = data.draw(hnp.basic_indices(expected.shape, allow_newaxis=False).filter(_steps_forward))
        np.testing.assert_array_equal(view[index], expected[index])


def _steps_forward(index: Any) -> bool:
    entries = index if isinstance(index, tuple) else (index,)
    return all((entry.step or 1) > 0 for entry in entries if isinstance(entry, slice))


def test_views_of_views() -> None:
    view = cut(LazyView(ARRAY, (slice(1, 4), 2, slice(None))), {1: slice(2, 5)})
    np.testing.assert_array_equal(view[...], ARRAY[1:4, 2, 2:5])


def test_an_array_in_memory_is_cut_at_once() -> None:
    assert isinstance(cut(ARRAY, {0: 1}), np.ndarray)
    assert cut(ARRAY, {}) is ARRAY


def _mapped(path: Path) -> MappedArray:
    return MappedArray(path, 7, ARRAY.shape, ARRAY.dtype)


def test_mapped_values_are_copies(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(b"header!" + ARRAY.tobytes())
    part = _mapped(path)[1, ..., 2:]
    np.testing.assert_array_equal(part, ARRAY[1, ..., 2:])
    part[:] = 0
    np.testing.assert_array_equal(_mapped(path)[...], ARRAY)
    assert _mapped(path).ndim == 3
