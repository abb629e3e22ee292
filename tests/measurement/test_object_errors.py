from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_cytounet.measurement.object_errors import ErrorKind, count_errors, find_errors
from napari_cytounet.measurement.overlaps import count_overlaps

MERGED, SPLIT, MISSED, INVENTED = ErrorKind


def errors_of(predicted, truth):
    predicted, truth = np.atleast_2d(predicted), np.atleast_2d(truth)
    found = find_errors(predicted, truth, count_overlaps(predicted, truth))
    return [(error.kind, error.true_labels, error.predicted_labels) for error in found]


HAND_MADE = {
    "the same": ([1, 1, 0, 2], [8, 8, 0, 9], []),
    "two merged": ([1, 1, 2, 2], [8, 8, 8, 8], [(MERGED, (1, 2), (8,))]),
    "three merged, one of them large enough to match": (
        [1, 1, 1, 1, 2, 3],
        [8] * 6,
        [(MERGED, (1, 2, 3), (8,))],
    ),
    "one split": ([1, 1, 1, 1], [8, 8, 9, 9], [(SPLIT, (1,), (8, 9))]),
    "missed": ([1, 1, 0, 2], [8, 8, 0, 0], [(MISSED, (2,), ())]),
    "invented": ([1, 1, 0, 0], [8, 8, 0, 9], [(INVENTED, (), (9,))]),
    "an outline that is far off": ([1, 1, 1, 1], [8, 0, 0, 0], [(MISSED, (1,), ()), (INVENTED, (), (8,))]),
    "what is held by less than half is no merger": (
        [1, 1, 1, 0, 2, 2, 2],
        [8, 8, 8, 8, 8, 9, 9],
        [],
    ),
}


@pytest.mark.parametrize("case", HAND_MADE)
def test_hand_made_cases(case):
    truth, predicted, expected = HAND_MADE[case]
    assert errors_of(predicted, truth) == expected


def test_the_place_is_that_of_the_object_that_is_wrong():
    truth = np.zeros((20, 30), int)
    truth[2:6, 3:7], truth[2:6, 7:11], truth[12:16, 20:24] = 4, 5, 6
    predicted = np.where((truth == 4) | (truth == 5), 9, 0)
    merged, missed = find_errors(predicted, truth, count_overlaps(predicted, truth), plane="Z=3")
    assert (merged.kind, merged.plane, merged.centroid, merged.box) == (
        MERGED,
        "Z=3",
        (3.5, 6.5),
        (2, 3, 5, 10),
    )
    assert (missed.kind, missed.centroid, missed.box) == (MISSED, (13.5, 21.5), (12, 20, 15, 23))


@st.composite
def label_images(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=7))
    labels = arrays(np.int32, shape, elements=st.integers(0, 5))
    return draw(labels), draw(labels)


@settings(max_examples=100, deadline=None)
@given(label_images())
def test_every_object_is_right_or_has_a_reason(images):
    """By brute force: who holds whom, and who is left when mergers, splits and matches are told."""
    predicted, truth = images
    true_labels, predicted_labels = (sorted(set(side[side > 0].tolist())) for side in (truth, predicted))
    held, holds, matched = set(), set(), set()
    for true in true_labels:
        for found in predicted_labels:
            one, other = truth == true, predicted == found
            shared = (one & other).sum()
            held |= {(true, found)} if shared > one.sum() / 2 else set()
            holds |= {(true, found)} if shared > other.sum() / 2 else set()
            matched |= {(true, found)} if shared >= (one | other).sum() / 2 else set()
    groups = {found: tuple(t for t in true_labels if (t, found) in held) for found in predicted_labels}
    parts = {true: tuple(f for f in predicted_labels if (true, f) in holds) for true in true_labels}
    expected = [(MERGED, group, (found,)) for found, group in groups.items() if len(group) > 1]
    expected += [(SPLIT, (true,), part) for true, part in parts.items() if len(part) > 1]
    told = set(matched)
    for _, group, part in expected:
        told |= {(true, found) for true in group for found in part}
    expected += [(MISSED, (t,), ()) for t in true_labels if t not in {true for true, _ in told}]
    expected += [(INVENTED, (), (f,)) for f in predicted_labels if f not in {found for _, found in told}]
    assert errors_of(predicted, truth) == expected


def test_kinds_that_do_not_occur_are_counted_too():
    assert count_errors([]) == {"merged": 0, "split": 0, "missed": 0, "invented": 0}
