"""What was shown around a stroke, and what of it a stroke leaves in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.strokes import Stroke
from napari_cytounet.correction.surroundings import NEAR, SIDE, SURE, Surroundings, doubtful, surroundings
from napari_cytounet.correction.training import FEWEST_TO_RETAIN, CorrectionTraining
from napari_cytounet.unet.network import UNet

MakeEntry = Callable[..., Entry]
Begin = Callable[..., CorrectionTraining]


@given(st.integers(-200, 200), st.integers(-200, 200), st.integers(1, 90))
def test_a_window_is_what_lies_under_it(row: int, column: int, side: int) -> None:
    layers = torch.rand(2, SIDE, SIDE).half()
    whole = torch.zeros(2, 800, 800)
    whole[:, 300 : 300 + SIDE, 310 : 310 + SIDE] = layers
    around = Surroundings(PlaneKey(0), 100, 110, np.zeros((SIDE, SIDE), int), layers)
    window = around.window((row, row + side), (column, column + side))
    expected = whole[:, row + 200 : row + 200 + side, column + 200 : column + 200 + side]
    assert window.dtype == torch.float32
    assert torch.equal(window, expected)


def test_a_false_object_is_in_doubt_as_a_whole_and_what_is_near_it() -> None:
    found = np.zeros((60, 80), int)
    found[5:30, 5:70] = 1  # a false object, on which a short stroke of background lies
    found[34:38, 5:12] = 1  # another one near the stroke
    found[34:38, 60:70] = 1  # one far from it
    points = np.array([[26, 8], [27, 9]])
    doubt = doubtful(found, points, np.array([0, 0]))
    assert doubt[5:30, 5:70].all()
    assert doubt[34:38, 5:12].all()
    assert doubt.sum() == 25 * 65 + 4 * 7
    assert not doubt[found == 0].any()


def test_a_missed_object_leaves_background_near_it_in_doubt() -> None:
    found = np.zeros((60, 60), int)
    found[25:35, 40:50] = 1
    points = np.array([[30, 20], [30, 21]])
    doubt = doubtful(found, points, np.array([1, 1]))
    clear = np.ones(found.shape, bool)
    clear[30, 20:22] = False
    assert np.array_equal(doubt, ndimage.distance_transform_edt(clear) < NEAR)


def test_a_stroke_that_was_found_already_or_lies_outside_leaves_no_doubt() -> None:
    found = np.zeros((20, 20), int)
    found[5:10, 5:10] = 2
    points = np.array([[6, 6], [15, 15], [-1, 3], [3, 20]])
    assert not doubtful(found, points, np.array([2, 0, 1, 1])).any()


def _stroke(points: NDArray[np.intp], value: int, *, plane: int = 0) -> Stroke:
    return Stroke(1, PlaneKey(plane), points, np.full(len(points), value), (value,), 0)


def test_a_later_stroke_takes_back_what_it_contradicts() -> None:
    found = np.zeros((SIDE, SIDE), int)
    found[10:40, 10:40] = found[90:120, 90:120] = 1
    layers = torch.ones(2, SIDE, SIDE).half()
    around = Surroundings(PlaneKey(0), 1000, 2000, found, layers)
    around.forget(_stroke(np.array([[1020, 2020]]), 0, plane=1))
    around.forget(_stroke(np.array([[1020, 2020]]), 1))
    around.forget(_stroke(np.array([[20, 20]]), 0))
    assert layers[1].all()
    around.forget(_stroke(np.array([[1020, 2020]]), 0))
    assert torch.equal(layers[1] == 0, torch.from_numpy((found == 1) & (np.arange(SIDE) < 60)))
    assert layers[0].all()


def _sure_of_cells(training: CorrectionTraining) -> UNet:
    """Return a network that is sure of what is bright, but for every fifth row."""
    assert training.shown is not None
    network = training.shown.network

    def forward(pixels: torch.Tensor) -> torch.Tensor:
        logits = 12 * torch.tanh(20 * (pixels[:, :1] - pixels[:, :1].mean()))
        logits[:, :, ::5] = 1.0
        return logits

    network.forward = forward  # type: ignore[method-assign]
    return network


def test_what_is_not_sure_or_beyond_the_edge_does_not_count(begin: Begin, strokes: list[Entry]) -> None:
    training = begin()
    training.take(strokes)
    training.learn(1)
    training.propose()
    network, plane = _sure_of_cells(training), training.planes[0]
    stroke = training.strokes[1]
    seen = surroundings(stroke, plane, network, (0.5,), training.device)
    assert seen.layers.shape == (2, SIDE, SIDE)
    likely, counts = (layer.float().numpy() for layer in seen.layers)
    rows, columns = np.arange(seen.top, seen.top + SIDE), np.arange(seen.left, seen.left + SIDE)
    within = np.outer((rows >= 0) & (rows < plane.height), (columns >= 0) & (columns < plane.width))
    assert 0 < within.mean() < 1
    sure = np.maximum(likely, 1 - likely) >= SURE
    assert 0.2 < sure[within].mean() < 0.98
    assert not counts[~within].any()
    assert not counts[~sure].any()
    assert counts[within & sure].mean() > 0.5


def test_after_some_strokes_what_is_shown_around_a_new_one_is_remembered(
    begin: Begin, strokes: list[Entry], entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = begin()
    training.take(strokes)
    training.learn(1)
    training.propose()
    _sure_of_cells(training)
    more = [entry(number, (number, 4, number + 1, 40), 1 + number % 2) for number in range(5, 80)]
    training.take(more[: FEWEST_TO_RETAIN - 4])
    assert not training._retained
    for one in more[FEWEST_TO_RETAIN - 4 :]:
        training.take([one])
    assert list(training._retained) == list(range(FEWEST_TO_RETAIN + 1, 80))
    edited = entry(80, (0, 0, 90, 120), np.ones((90, 120), np.uint8), layer=Layer.EDITS)
    training.take([edited])
    assert 80 not in training._retained
    monkeypatch.setattr("napari_cytounet.correction.training.MOST_RETAINED", 7)
    training.take([entry(81, (90, 4, 92, 40), 1)])
    assert list(training._retained) == [74, 75, 76, 77, 78, 79, 81]
    before = int(training._retained[81].layers[-1].count_nonzero())
    apart = surroundings
    kept: list[int] = []

    def counted(*given: Any) -> Surroundings:
        around = apart(*given)
        kept.append(int(around.layers[-1].count_nonzero()))
        return around

    monkeypatch.setattr("napari_cytounet.correction.training.surroundings", counted)
    training.take([entry(82, (88, 4, 90, 40), 2), entry(83, (86, 4, 87, 40), 1)])
    alone = kept[0]
    assert int(training._retained[81].layers[-1].count_nonzero()) < before
    assert int(training._retained[82].layers[-1].count_nonzero()) < alone  # the next one came with it
    stroke = training.strokes[81]
    window = training._window(stroke, *stroke.centre)
    assert window.shape[0] == 1 + 2 * 2
    assert window[-1].any()


def test_when_a_version_is_brought_back_nothing_of_later_ones_is_retained(
    begin: Begin, entry: MakeEntry
) -> None:
    training = begin()
    training.take([entry(number, (number, 4, number + 1, 40), 1 + number % 2) for number in range(1, 20)])
    training.learn(1)
    training.propose()
    training.take([entry(20, (30, 4, 32, 40), 1)])
    assert list(training._retained) == [20]
    assert training.shown is not None
    training.restart(training.shown.network, known=19)
    assert not training._retained
