"""What is painted, and by which stroke, against plain arrays of the whole plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.supervision import CHUNK, Supervision

MakeEntry = Callable[..., Entry]
KEY = PlaneKey(0)
SIZE = 2 * CHUNK + 10
WHOLE = Box(0, 0, SIZE, SIZE)


@dataclass
class Dense:
    """The reference: values and owners of every pixel, a layer each."""

    values: dict[Layer, NDArray[np.uint8]] = field(
        default_factory=lambda: {layer: np.zeros((SIZE, SIZE), np.uint8) for layer in Layer}
    )
    owners: dict[Layer, NDArray[np.int64]] = field(
        default_factory=lambda: {layer: np.zeros((SIZE, SIZE), np.int64) for layer in Layer}
    )

    @property
    def seen(self) -> NDArray[np.uint8]:
        strokes = self.values[Layer.STROKES]
        return np.where(strokes > 0, strokes, self.values[Layer.EDITS])

    @property
    def seen_owners(self) -> NDArray[np.int64]:
        strokes = self.values[Layer.STROKES] > 0
        return np.where(strokes, self.owners[Layer.STROKES], self.owners[Layer.EDITS])

    def apply(self, entry: Entry) -> None:
        at = entry.box.slices
        changed = self.values[entry.layer][at] != entry.values
        self.values[entry.layer][at] = entry.values
        owner = np.where(entry.values > 0, entry.number, 0)
        self.owners[entry.layer][at] = np.where(changed, owner, self.owners[entry.layer][at])


@st.composite
def _entries(draw: st.DrawFn) -> list[Entry]:
    # Boxes lie around the borders of squares, where mistakes would be.
    places = st.sampled_from([0, 3, CHUNK - 2, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK])
    made = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        top, left = draw(places), draw(places)
        box = Box(top, left, top + draw(st.integers(1, 9)), left + draw(st.integers(1, 9)))
        if draw(st.booleans()):
            values = np.full(box.shape, draw(st.integers(0, 3)), np.uint8)
        else:
            seed = draw(st.integers(0, 9))
            values = np.random.default_rng(seed).integers(0, 4, box.shape).astype(np.uint8)
        made.append(Entry(number, KEY, draw(st.sampled_from(Layer)), box, values, 0.0))
    return made


@examples(deadline=None)
@given(_entries())
def test_it_is_what_whole_arrays_would_hold(entries: list[Entry]) -> None:
    dense, supervision = Dense(), Supervision()
    for entry in entries:
        before, layer_before, owners_before = dense.seen, dense.values[entry.layer].copy(), dense.seen_owners
        change = supervision.apply(entry)
        dense.apply(entry)
        painted = (dense.values[entry.layer] != layer_before) & (dense.values[entry.layer] > 0)
        contradicted = painted & (before > 0) & (dense.seen != before)
        assert (change.painted, change.contradicted) == (painted.sum(), contradicted.sum())
        moved = owners_before != dense.seen_owners
        both = set(owners_before[moved]) | set(dense.seen_owners[moved])
        assert both - {0, entry.number} <= change.touched
    np.testing.assert_array_equal(supervision.values(KEY, WHOLE), dense.seen)
    for layer in Layer:
        np.testing.assert_array_equal(supervision.layer_values(KEY, layer, WHOLE), dense.values[layer])
    for number in supervision.strokes:
        pixels, values = supervision.pixels_of(number)
        expected = np.argwhere(dense.seen_owners == number)
        np.testing.assert_array_equal(pixels, expected)
        np.testing.assert_array_equal(values, dense.seen[tuple(expected.T)])
    assert set(np.unique(dense.seen_owners)) - {0} <= set(supervision.strokes)


def test_the_later_stroke_wins_and_it_is_said_how_many_pixels(entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, 10, 10), 1))
    change = supervision.apply(entry(2, (0, 5, 10, 15), 2))
    assert (change.painted, change.contradicted, change.touched) == (100, 50, {1})
    assert [len(supervision.pixels_of(number)[0]) for number in (1, 2)] == [50, 100]
    again = supervision.apply(entry(3, (0, 5, 10, 15), 2))
    assert (again.painted, again.contradicted, again.touched) == (0, 0, frozenset())


def test_undone_is_unlearnt(entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, 4, 4), 2))
    change = supervision.apply(entry(2, (0, 0, 4, 4), 0))
    assert (change.painted, change.contradicted, change.touched) == (0, 0, {1})
    assert len(supervision.pixels_of(1)[0]) == 0
    assert supervision.planes() == []
    assert supervision.chunks(KEY) == []


def test_strokes_hide_edits_and_give_them_back(entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, 4, 4), 2, layer=Layer.EDITS))
    change = supervision.apply(entry(2, (0, 0, 4, 2), 1))
    assert (change.contradicted, change.touched) == (8, {1})
    assert len(supervision.pixels_of(1)[0]) == 8
    change = supervision.apply(entry(3, (0, 0, 4, 4), 3, layer=Layer.EDITS))
    assert change.contradicted == 8  # what is hidden contradicts nobody
    change = supervision.apply(entry(4, (0, 0, 4, 4), 0))
    assert (change.contradicted, change.touched) == (0, {2, 3})
    assert (supervision.values(KEY, Box(0, 0, 4, 4)) == 3).all()


def test_planes_do_not_touch_each_other(entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, 4, 4), 2, plane=PlaneKey(1, (3,))))
    supervision.apply(entry(2, (0, 0, 4, 4), 1, plane=PlaneKey(0)))
    assert supervision.planes() == [PlaneKey(0), PlaneKey(1, (3,))]
    assert (supervision.values(PlaneKey(1, (3,)), Box(0, 0, 4, 4)) == 2).all()
    assert not supervision.values(PlaneKey(1, (2,)), Box(-5, -5, 4, 4)).any()
    assert supervision.chunks(PlaneKey(0)) == [Box(0, 0, CHUNK, CHUNK)]
