"""What weighs how much, by what was corrected lately."""

from __future__ import annotations

import numpy as np
import pytest

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.class_weights import BACKGROUND, LATEST, class_weights
from napari_cytounet.correction.strokes import Stroke


def _strokes(*classes: int) -> list[Stroke]:
    point = np.zeros((1, 2), np.intp)
    return [
        Stroke(number, PlaneKey(0, ()), point, np.array([value]), (value,), 0)
        for number, value in enumerate(classes)
    ]


@pytest.mark.parametrize("classes", [1, 3])
def test_background_weighs_most_where_all_is_corrected_alike(classes: int) -> None:
    every = list(range(classes + 1))
    for strokes in ([], _strokes(*every), _strokes(*every, *reversed(every))):
        weights = class_weights(strokes, classes)
        assert weights.dtype == np.float32
        assert weights.tolist() == pytest.approx([BACKGROUND] + [1.0] * classes)


def test_what_is_corrected_most_weighs_more_and_the_rest_less() -> None:
    even = class_weights([], 2)
    for corrected in range(3):
        once = class_weights(_strokes(corrected), 2)
        often = class_weights(_strokes(*[corrected] * 5), 2)
        others = [number for number in range(3) if number != corrected]
        assert even[corrected] < once[corrected] < often[corrected]
        assert (even[others] > once[others]).all()
        assert (once[others] > often[others]).all()
        assert (often[others] > 0).all()


def test_only_the_latest_strokes_count() -> None:
    lately = [1] * (LATEST - 4) + [0] * 4
    assert np.array_equal(class_weights(_strokes(*[0] * 50, *lately), 1), class_weights(_strokes(*lately), 1))


def test_a_stroke_of_all_classes_changes_nothing_of_their_balance() -> None:
    accepted = Stroke(1, PlaneKey(0, ()), np.zeros((2, 2), np.intp), np.array([0, 1]), (0, 1), 0)
    assert class_weights([accepted], 1) == pytest.approx(class_weights([], 1))
