"""Comparing labels without a window: which objects, which errors, and in which planes."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from napari_cytounet.errors import Cancelled, MaskError
from napari_cytounet.events import drain
from napari_cytounet.images.image import Image
from napari_cytounet.widgets.checksum import checksum
from napari_cytounet.widgets.scoring.comparison import LabelsToCompare, ObjectComparison, comparing_planes
from napari_cytounet.widgets.scoring.summary import summary


def _squares(*numbers: int) -> np.ndarray:
    """Return 20 x 60 pixels with squares of 8 pixels side by side, 2 pixels apart; 0 leaves one out."""
    labels = np.zeros((20, 60), np.int32)
    for place, number in enumerate(numbers):
        labels[6:14, 2 + 10 * place : 10 + 10 * place] = number
    return labels


def _compare(found: np.ndarray, truth: np.ndarray, **known: Any) -> ObjectComparison:
    return drain(_comparing(found, truth, **known))


def _comparing(
    found: np.ndarray, truth: np.ndarray, *, class_map: bool = False, cancel: threading.Event | None = None
) -> Generator[Any, None, ObjectComparison]:
    axes = "ZYX"[-found.ndim :]
    return comparing_planes(
        LabelsToCompare(Image.from_array(found, axes, name="found"), class_map),
        LabelsToCompare(Image.from_array(truth, "ZYX"[-truth.ndim :], name="truth"), is_class_map=False),
        cancel,
    )


def test_errors_are_listed_with_the_labels_of_the_layers() -> None:
    truth, found = _squares(1, 2, 3, 4, 5), _squares(40, 40, 30, 0, 10)
    found[6:14, 10:12] = 40
    found[6:14, 25:27] = 0  # object 3 is in two parts
    found[6:14, 27:30] = 31
    found[6:14, 52:60] = 7
    compared = _compare(found, truth)
    told = [
        (index, error.kind.value, error.true_labels, error.predicted_labels)
        for index, error in compared.errors
    ]
    assert told == [
        ((), "merged", (1, 2), (40,)),
        ((), "split", (3,), (30, 31)),
        ((), "missed", (4,), ()),
        ((), "invented", (), (7,)),
    ]
    assert compared.checksums == ({(): checksum(found)}, {(): checksum(truth)})
    text = summary(compared)
    assert "Of 5 true objects 1 are found" in text
    assert "5 that were found 4 match none" in text
    assert "each connected patch" not in text


def test_labels_of_one_value_tell_no_objects_but_their_patches_do() -> None:
    compared = _compare((_squares(1, 2, 3) > 0).astype(np.uint8) * 255, _squares(1, 2, 3))
    assert compared.errors == ()
    assert compared.told_by_values == (False, True)
    assert "What was compared tells no objects" in summary(compared)


def test_objects_of_a_class_map_are_its_patches() -> None:
    assert _compare(_squares(1, 2, 1), _squares(1, 2, 3), class_map=True).errors == ()
    assert len(_compare(_squares(1, 2, 1), _squares(1, 2, 3)).errors) > 0


def test_each_error_knows_its_plane() -> None:
    truth = np.stack([_squares(1, 2), _squares(), _squares(3)])
    found = np.stack([_squares(5, 6), _squares(9), _squares()])
    compared = _compare(found, truth)
    assert [(index, error.kind.value) for index, error in compared.errors] == [
        ((1,), "invented"),
        ((2,), "missed"),
    ]
    assert [set(checksums) for checksums in compared.checksums] == [{(0,), (1,), (2,)}] * 2


def test_negative_values_are_background() -> None:
    assert _compare(_squares(-4, 2, 3), _squares(0, 2, 3)).errors == ()
    ((_, error),) = _compare(_squares(1, 2, 3), _squares(-1, 2, 3)).errors
    assert (error.kind.value, error.predicted_labels) == ("invented", (1,))


@pytest.mark.parametrize(
    ("found", "truth", "words"),
    [
        (_squares(), _squares(), "Neither found nor truth holds an object"),
        (_squares(1), _squares(1)[:10], "60 x 20 pixels, but truth has 60 x 10"),
        (np.stack([_squares(1)] * 2), _squares(1), "in 2 planes"),
    ],
)
def test_what_cannot_be_compared(found: np.ndarray, truth: np.ndarray, words: str) -> None:
    with pytest.raises(MaskError, match=words):
        _compare(found, truth)


def test_it_can_be_stopped() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="nothing was compared"):
        _compare(_squares(1), _squares(1), cancel=cancel)
