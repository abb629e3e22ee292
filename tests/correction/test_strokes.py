"""Which strokes are learnt from, and what is left of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.strokes import FOLDS, MOST_POINTS, PLACE, Stroke, Strokes
from napari_cytounet.correction.training import CorrectionTraining

MakeEntry = Callable[..., Entry]
Begin = Callable[..., CorrectionTraining]

NOTHING: frozenset[int] = frozenset()


def _some(count: int, *, value: Callable[[int], int] = lambda number: number % 2) -> Strokes:
    """Strokes in places of their own, all of one class each."""
    strokes = Strokes(0)
    for number in range(1, count + 1):
        points = np.array([[PLACE * number, PLACE * 2 * number]])
        classes = np.array([value(number)])
        strokes._strokes[number] = Stroke(
            number, PlaneKey(0), points, classes, (value(number),), number % FOLDS
        )
    return strokes


def test_what_is_held_out_is_not_drawn() -> None:
    strokes = _some(20)
    for fold in range(FOLDS):
        drawn = strokes.draw(50, strokes.held_out(fold, known=20))
        assert len(drawn) == 50
        assert {stroke.fold for stroke, *_ in drawn} == set(range(FOLDS)) - {fold}


def test_what_is_most_of_a_class_is_drawn_although_it_is_held_out() -> None:
    strokes = _some(12, value=lambda number: number % 2)
    for count in (3, 4):  # of the six of class 1: 1, 3, 5, 7, 9, 11
        held_out = frozenset(range(1, 2 * count, 2))
        drawn = {stroke.number for stroke, *_ in strokes.draw(400, held_out)}
        assert drawn == set(range(1, 13)) - (held_out if count == 3 else NOTHING)


def test_what_is_new_is_learnt_at_once_whatever_its_fold() -> None:
    strokes = _some(20)
    for fold in range(FOLDS):
        held_out = strokes.held_out(fold, known=15)
        assert held_out == {number for number in range(1, 16) if number % FOLDS == fold}
        drawn = {stroke.number for stroke, *_ in strokes.draw(400, held_out)}
        assert drawn == set(range(1, 21)) - held_out


def test_a_class_that_is_only_held_out_is_drawn_all_the_same() -> None:
    strokes = _some(5, value=lambda number: int(number == 5))
    drawn = strokes.draw(30, strokes.held_out(0, known=5))
    assert {stroke.held for stroke, *_ in drawn} == {(0,), (1,)}


def test_classes_are_drawn_alike_however_often_they_were_painted() -> None:
    strokes = _some(30, value=lambda number: 0 if number < 25 else 1 + number % 2)
    drawn = Counter(stroke.held[0] for _ in range(200) for stroke, *_ in strokes.draw(6, NOTHING))
    assert all(0.29 < count / 1200 < 0.38 for count in drawn.values())
    assert set(drawn) == {0, 1, 2}


def test_patches_are_centred_on_pixels_of_the_class_that_is_wanted(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    values = np.full((10, 40), 1, np.uint8)
    values[:, 20:] = 2
    training.take([entry(1, (10, 10, 20, 50), values)])
    stroke = training.strokes[1]
    assert stroke.held == (0, 1)
    drawn = training.strokes.draw(60, NOTHING)
    sides = Counter(column >= 30 for _, _, column in drawn)
    assert min(sides.values()) > 15
    assert all(10 <= row < 20 and 10 <= column < 50 for _, row, column in drawn)


def _others(drawn: Counter[int]) -> float:
    """Return how often strokes other than number 10 were drawn, on average."""
    return sum(count for number, count in drawn.items() if number != 10) / 9


def test_what_is_not_obeyed_comes_more_often() -> None:
    strokes = _some(10, value=lambda number: 0)
    for stroke in strokes.all():
        stroke.right = 1.0 if stroke.number < 10 else 0.0
        stroke.lessons = 1000
    drawn = Counter(stroke.number for _ in range(250) for stroke, *_ in strokes.draw(4, NOTHING))
    assert 1.5 < drawn[10] / _others(drawn) < 4
    assert strokes.obeyed == 9
    assert len(drawn) == 10


def test_what_a_version_that_was_turned_down_lost_comes_more_often() -> None:
    strokes = _some(10, value=lambda number: 0)
    for stroke in strokes.all():
        stroke.right, stroke.lessons = 1.0, 1000
        stroke.grasped = 0.0 if stroke.number == 10 else 1.0
    drawn = Counter(stroke.number for stroke, *_ in strokes.draw(1000, NOTHING))
    assert 1.5 < drawn[10] / _others(drawn) < 4
    assert strokes.obeyed == 10


def test_a_new_stroke_comes_more_often_than_one_that_was_learnt_from() -> None:
    strokes = _some(10, value=lambda number: 0)
    for stroke in strokes.all():
        stroke.right, stroke.lessons = 0.9, 0 if stroke.number == 10 else 1000
    drawn = Counter(stroke.number for stroke, *_ in strokes.draw(1000, NOTHING))
    assert 1.5 < drawn[10] / _others(drawn) < 4


def test_strokes_of_one_place_share_a_fold_and_places_differ(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    training.take([entry(number, (number, number, number + 3, number + 3), 1) for number in range(1, 9)])
    assert len({stroke.fold for stroke in training.strokes.all()}) == 1
    from napari_cytounet.correction.strokes import _fold

    folds = Counter(
        _fold(PlaneKey(image, (plane,)), np.array([PLACE * row, PLACE * column]))
        for image in range(3)
        for plane in range(3)
        for row in range(6)
        for column in range(6)
    )
    assert min(folds.values()) > 324 / FOLDS * 0.7
    assert set(folds) == set(range(FOLDS))


def test_of_a_long_stroke_few_pixels_are_kept(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    training.take([entry(1, (0, 0, 60, 90), 2)])
    stroke = training.strokes[1]
    assert stroke.points.shape == (MOST_POINTS, 2)
    assert len(np.unique(stroke.points, axis=0)) == MOST_POINTS
    assert np.abs(np.array(stroke.centre) - [30, 45]).max() < 15


def test_what_is_painted_over_is_no_longer_of_the_stroke(begin: Begin, entry: MakeEntry) -> None:
    training = begin()
    training.take([entry(1, (0, 0, 10, 10), 2), entry(2, (0, 5, 10, 10), 1)])
    assert training.strokes[1].points[:, 1].max() == 4
    assert training.strokes.classes() == {0, 1}
    training.take([entry(3, (0, 0, 10, 5), 1)])
    assert 1 not in training.strokes
    assert len(training.strokes) == 2
    assert training.strokes.classes() == {0}
    training.take([entry(4, (0, 0, 10, 10), 0)])
    assert len(training.strokes) == 0


@pytest.mark.parametrize("scale", [0.5, 1 / 3, 0.3])
def test_the_last_row_and_column_lie_within_the_working_plane(
    begin: Begin, entry: MakeEntry, scale: float
) -> None:
    training = begin(scale=scale)
    training.take([entry(1, (95, 127, 96, 128), 2)])
    plane = training.planes[0]
    assert training.strokes[1].points.tolist() == [[plane.height - 1, plane.width - 1]]


def test_judged_are_those_held_out_the_latest_and_some_others() -> None:
    strokes = _some(100)
    judged = strokes.to_judge(32, strokes.held_out(2, known=100))
    numbers = [stroke.number for stroke in judged]
    assert len(set(numbers)) == len(numbers) == 32
    assert sum(stroke.fold == 2 for stroke in judged) >= 10
    assert set(range(91, 101)) <= set(numbers)
    assert len({number for number in numbers if number < 80}) > 5
    few = _some(3)
    assert [stroke.number for stroke in few.to_judge(32, NOTHING)] == [1, 2, 3]


def test_strokes_that_were_not_judged_yet_are_told_apart() -> None:
    strokes = _some(10)
    strokes[3].right, strokes[4].right = 0.9, 0.1
    assert (strokes.judged, strokes.obeyed) == (2, 1)
    assert [stroke.number for stroke in strokes.unjudged(4)] == [1, 2, 5, 6]
    strokes.forget_judgements()
    assert (strokes.judged, strokes.obeyed) == (0, 0)
