"""When a version takes the place of another."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.judging import compare, share_right
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.segmentation.thresholds import apply_thresholds

MakeEntry = Callable[..., Entry]
Begin = Callable[..., CorrectionTraining]


def test_the_first_is_always_adopted() -> None:
    verdict = compare({1: 0.0, 2: 0.9}, None, frozenset({1, 2}))
    assert (verdict.adopted, verdict.obeyed, verdict.judged) == (True, 1, 2)
    assert math.isnan(verdict.difference)


def test_one_that_obeys_fewer_strokes_is_not() -> None:
    shown = {1: 0.85, 2: 0.9, 3: 0.1}
    assert not compare({1: 0.7, 2: 0.9, 3: 0.5}, shown, frozenset()).adopted
    assert compare({1: 0.7, 2: 0.9, 3: 0.8}, shown, frozenset()).adopted
    assert compare(shown, shown, frozenset(shown)).adopted


def test_a_little_less_of_a_stroke_is_no_reason_to_refuse() -> None:
    shown = {1: 0.81, 2: 0.9, 3: 0.9}
    verdict = compare({1: 0.78, 2: 0.79, 3: 0.82}, shown, frozenset())
    assert (verdict.adopted, verdict.obeyed, verdict.obeyed_before) == (False, 1, 3)  # .9 to .79 is more
    assert compare({1: 0.72, 2: 0.9, 3: 0.9}, shown, frozenset()).adopted
    assert not compare({1: 0.7, 2: 0.9, 3: 0.9}, shown, frozenset()).adopted
    several = dict.fromkeys(range(4), 0.79)
    assert compare(several, dict.fromkeys(range(4), 0.8), frozenset({0, 1})).adopted


def test_one_that_does_worse_on_what_it_did_not_learn_is_not() -> None:
    shown = dict.fromkeys(range(10), 0.5)
    worse = shown | {0: 0.3, 1: 0.32, 2: 0.28, 3: 0.31}
    held_out = frozenset({0, 1, 2, 3})
    verdict = compare(worse, shown, held_out)
    assert not verdict.adopted
    assert verdict.difference == pytest.approx(-0.1975)
    differences = [-0.2, -0.18, -0.22, -0.19]
    assert verdict.error == pytest.approx(np.std(differences, ddof=1) / 2)
    assert compare(worse, shown, frozenset({7, 8})).adopted
    assert compare(worse, shown, frozenset({0})).adopted  # one alone says nothing


def test_noise_is_no_reason_to_refuse() -> None:
    shown = dict.fromkeys(range(4), 0.5)
    swings = {0: 0.9, 1: 0.05, 2: 0.7, 3: 0.2}  # as much better as worse, and a little worse in the mean
    assert compare(swings, shown | {2: 0.7}, frozenset(shown)).adopted
    assert compare(dict.fromkeys(shown, 0.49), shown, frozenset(shown)).adopted


class Bright(nn.Module):
    """Finds cells where the image is bright, and nothing else."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.logits = 1

    def forward(self, pixels: Tensor) -> Tensor:
        return (pixels - 0.4) * 100


@pytest.mark.parametrize("stride", [2, 16, 128])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_the_share_that_is_right_is_that_of_the_whole_plane(
    begin: Begin, entry: MakeEntry, stride: int, scale: float
) -> None:
    training = begin(scale=scale)
    random = np.random.default_rng(0)
    entries = []
    for number in range(1, 21):
        top, left = (int(random.integers(size - 8)) for size in (96, 128))
        height, width = (int(random.integers(1, 8)) for _ in range(2))
        entries.append(entry(number, (top, left, top + height, left + width), 1 + number % 2))
    training.take(entries)
    strokes = training.strokes.all()
    shares = share_right(Bright(stride), strokes, training.plane, (0.5,), training.device)  # type: ignore[arg-type]
    plane = training.planes[0]
    found = plane.pixels((0, plane.height), (0, plane.width))[0].numpy() >= 0.4
    assert set(shares) == {stroke.number for stroke in strokes}
    for stroke in strokes:
        right = found[tuple(stroke.points.T)] == stroke.classes
        assert shares[stroke.number] == pytest.approx(right.mean())
    assert 0 < np.mean(list(shares.values())) < 1


def test_a_class_is_found_where_its_own_threshold_is_reached() -> None:
    likely = torch.tensor([[0.5, 0.4, 0.45, 0.0], [0.2, 0.19, 0.3, 0.1]]).reshape(2, 1, 4).numpy()
    assert apply_thresholds(likely, (0.5, 0.2)).tolist() == [[1, 0, 2, 0]]
    assert apply_thresholds(likely[:1], (0.5,)).tolist() == [[1, 0, 0, 0]]
