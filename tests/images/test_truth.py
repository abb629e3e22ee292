"""Masks of every coding become the same truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import label

from napari_cytounet.errors import MaskError
from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.truth import UNLABELLED, MaskReading, Truth, understand_masks
from napari_cytounet.settings import MaskKind, MaskSettings

SMALL = st.integers(2, 12)
PLANES = st.tuples(SMALL, SMALL)
CLASS_MAPS = arrays(np.uint8, PLANES, elements=st.integers(0, 3))
BLOBS = np.zeros((60, 60), np.uint8)
BLOBS[5:20, 5:20] = BLOBS[30:50, 30:50] = 1


def image(array: NDArray, axes: str | None = None, name: str = "cells") -> Image:
    return Image.from_array(array, axes, name=name)


def truth_of(
    array: NDArray, axes: str | None = None, index: tuple[int, ...] = (), **settings: object
) -> Truth:
    mask = image(array, axes)
    truth = understand_masks([mask], MaskSettings(**settings)).read(mask, index)
    assert truth is not None
    return truth


@pytest.mark.parametrize(
    "mask",
    [
        BLOBS,
        BLOBS * 255,
        BLOBS > 0,
        BLOBS.astype(np.float32),
        BLOBS * 255.0,
        BLOBS.astype(np.uint64) * 2**63,
        BLOBS.astype(">u2") * 65535,
        np.stack([BLOBS * 255] * 3, axis=-1),
        np.stack([BLOBS * 255, BLOBS * 0, BLOBS * 9], axis=-1),
    ],
    ids=["0/1", "0/255", "bool", "float", "float 255", "u8", "big-endian", "grey RGB", "RGB"],
)
def test_every_binary_coding_reads_the_same(mask: NDArray) -> None:
    truth = truth_of(mask)
    assert truth.classes.dtype == np.int16
    assert truth.instances is not None
    assert truth.instances.dtype == np.int32
    assert np.array_equal(truth.classes, BLOBS)
    assert np.array_equal(truth.instances, label(BLOBS)[0])


def test_inverted_masks_read_the_same() -> None:
    truth = truth_of(255 - BLOBS * 255, invert=True)
    assert np.array_equal(truth.classes, BLOBS)
    assert truth_of(BLOBS == 0, invert=True).classes.sum() == BLOBS.sum()


@settings(max_examples=50, deadline=None)
@given(arrays(bool, PLANES), st.sampled_from(["u1", "i4", "f4", "u8"]), st.integers(1, 127), st.booleans())
def test_binary_round_trip(foreground: NDArray, dtype: str, value: int, invert: bool) -> None:
    coded = np.where(foreground != invert, value, 0).astype(dtype)
    truth = MaskReading(MaskKind.BINARY, "", invert=invert).read(image(coded, "YX"))
    assert truth is not None
    assert np.array_equal(truth.classes, foreground)
    assert truth.instances is not None
    assert np.array_equal(truth.instances > 0, foreground)
    assert truth.instances.max() == label(foreground, structure=np.ones((3, 3)))[1]


@settings(max_examples=50, deadline=None)
@given(CLASS_MAPS, st.lists(st.integers(1, 60_000), min_size=3, max_size=3, unique=True).map(sorted))
def test_class_round_trip(classes: NDArray, values: list[int]) -> None:
    coded = np.array([0, *values], np.uint16)[classes]
    truth = MaskReading(MaskKind.CLASSES, "", tuple(values)).read(image(coded, "YX"))
    assert truth is not None
    assert truth.instances is None
    assert np.array_equal(truth.classes, classes)


@settings(max_examples=50, deadline=None)
@given(
    CLASS_MAPS,
    st.sets(
        st.tuples(*[st.integers(0, 255)] * 3).filter(lambda rgb: len(set(rgb)) > 1), min_size=3, max_size=3
    ),
)
def test_colour_round_trip(classes: NDArray, colours: set[tuple[int, int, int]]) -> None:
    values = tuple(sorted(colours))
    coded = np.array([(0, 0, 0), *values], np.uint8)[classes]
    truth = MaskReading(MaskKind.CLASSES, "", values).read(image(coded, "YXC"))
    assert truth is not None
    assert np.array_equal(truth.classes, classes)


@settings(max_examples=50, deadline=None)
@given(
    arrays(st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]), PLANES, elements=st.integers(0, 100))
)
def test_instance_round_trip(labels: NDArray) -> None:
    truth = MaskReading(MaskKind.INSTANCES, "").read(image(labels, "YX"))
    assert truth is not None
    assert truth.instances is not None
    expected = labels
    if labels.max() > labels.size:
        expected = np.searchsorted(np.union1d(labels, [0]), labels)
    assert np.array_equal(truth.instances, expected)
    assert np.array_equal(truth.classes, labels > 0)


@pytest.mark.parametrize("number", [200, 1_000_000_000])
def test_a_label_larger_than_the_plane_is_numbered_anew(number: int) -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[2:4], labels[6], labels[8] = number, 3, -1
    truth = MaskReading(MaskKind.INSTANCES, "", ignore_value=-1).read(image(labels, "YX"))
    assert truth is not None
    assert truth.instances is not None
    assert truth.instances[[0, 2, 6, 8], 0].tolist() == [0, 2, 1, UNLABELLED]


@pytest.mark.parametrize("background", [True, False])
def test_labels_beyond_32_bits_are_numbered_anew(background: bool) -> None:
    labels = np.zeros((9, 9), np.uint64)
    labels[:4], labels[5:] = 2**40, 2**64 - 1
    labels[4] = 0 if background else 2**40
    truth = MaskReading(MaskKind.INSTANCES, "").read(image(labels, "YX"))
    assert truth is not None
    assert truth.instances is not None
    assert np.unique(truth.instances).tolist() == ([0, 1, 2] if background else [1, 2])


@settings(max_examples=40, deadline=None)
@given(CLASS_MAPS, st.sampled_from(list(MaskKind)))
def test_ignored_pixels_are_unlabelled_and_the_others_unchanged(classes: NDArray, kind: MaskKind) -> None:
    with_ignored = classes.copy()
    with_ignored[0] = 200
    reading = MaskReading(kind, "", (1, 2, 3), ignore_value=200)
    truth = reading.read(image(with_ignored, "YX"))
    assert truth is not None
    for plane in (truth.classes, truth.instances):
        if plane is not None:
            assert (plane[0] == UNLABELLED).all()
            assert (plane[1:] != UNLABELLED).all()
    expected = MaskReading(kind, "", (1, 2, 3)).read(
        image(np.where(with_ignored == 200, 0, with_ignored), "YX")
    )
    assert expected is not None
    assert np.array_equal(truth.classes[1:], expected.classes[1:])


def test_an_ignored_zero_is_unlabelled_and_not_background() -> None:
    strokes = np.zeros((20, 20), np.uint8)
    strokes[:5], strokes[10:15] = 1, 2
    truth = MaskReading(MaskKind.CLASSES, "", (1, 2), ignore_value=0).read(image(strokes))
    assert truth is not None
    assert np.unique(truth.classes).tolist() == [UNLABELLED, 1, 2]


def test_classes_are_numbered_by_value_over_the_whole_folder() -> None:
    checks = np.indices((12, 12)).sum(axis=0) % 2
    first, second = image(checks.astype(np.uint8) * 128), image(checks.astype(np.uint8) * 255)
    reading = understand_masks([second, first], MaskSettings(masks=MaskKind.CLASSES))
    assert reading.values == (128, 255)
    of_first, of_second = reading.read(first), reading.read(second)
    assert of_first is not None
    assert of_second is not None
    assert of_first.classes.max() == 1
    assert of_second.classes.max() == 2


def test_a_colour_means_the_same_class_in_every_file() -> None:
    red, white = np.zeros((2, 20, 20, 3), np.uint8)
    red[:10, :, 0] = 255
    white[10:] = 255
    masks = [image(red, "YXC"), image(white, "YXC")]
    reading = understand_masks(masks, MaskSettings(masks=MaskKind.CLASSES))
    assert reading.values == (255, (255, 0, 0))
    truths = [reading.read(mask) for mask in masks]
    assert [truth.classes.max() for truth in truths if truth] == [2, 1]


def test_a_class_that_the_folder_did_not_hold_is_an_error() -> None:
    reading = MaskReading(MaskKind.CLASSES, "", (1, 2))
    with pytest.raises(MaskError, match=r"late holds the value 7, which is none of the classes 1, 2\."):
        reading.read(image(np.full((8, 8), 7, np.uint8), name="late"))


def test_empty_planes_of_a_stack_are_unlabelled_unless_said_to_be_empty() -> None:
    stack = np.stack([BLOBS, BLOBS * 0, BLOBS])
    mask = image(stack, "ZYX")
    assert understand_masks([mask], MaskSettings()).read(mask, (1,)) is None
    assert not truth_of(stack, "ZYX", (1,), empty_planes=True).classes.any()
    assert truth_of(stack, "ZYX", (2,)).classes.any()


def test_a_plane_that_is_all_ignored_is_unlabelled() -> None:
    stack = np.stack([BLOBS, BLOBS * 0 + 9])
    mask = image(stack, "TYX")
    assert understand_masks([mask], MaskSettings(ignore_value=9)).read(mask, (1,)) is None


def test_an_empty_single_mask_says_that_nothing_is_there() -> None:
    masks = [image(BLOBS), image(BLOBS * 0), image(BLOBS * 0 + 1)]
    reading = understand_masks(masks, MaskSettings())
    truths = [reading.read(mask) for mask in masks]
    assert [None if truth is None else truth.classes.mean() for truth in truths[1:]] == [0, 1]


def test_unlabelled_planes_do_not_count_as_background() -> None:
    stack = np.stack([np.ones((8, 8), np.uint8), np.zeros((8, 8), np.uint8)])
    with pytest.raises(MaskError, match="all foreground"):
        understand_masks([image(stack, "ZYX")], MaskSettings())
    assert understand_masks([image(stack, "ZYX")], MaskSettings(empty_planes=True)).kind is MaskKind.BINARY


@pytest.mark.parametrize(
    ("value", "options", "says"),
    [
        (0, {}, "all background"),
        (255, {}, "all foreground.*0 is background"),
        (255, {"invert": True}, "all background.*Leave out --invert"),
        (0, {"invert": True}, "all foreground.*Leave out --invert"),
        (255, {"ignore_value": 255}, "Nobody labelled"),
    ],
)
@pytest.mark.parametrize("kind", [None, *MaskKind])
def test_one_sided_folders(value: int, options: dict[str, object], says: str, kind: MaskKind | None) -> None:
    masks = [image(np.full((16, 16), value, np.uint8))] * 2
    with pytest.raises(MaskError, match=says):
        understand_masks(masks, MaskSettings(masks=kind, **options))


def test_ignoring_all_foreground_is_an_error_and_an_unlabelled_stack_too() -> None:
    with pytest.raises(MaskError, match=r"all background.*--ignore-value"):
        understand_masks([image(BLOBS * 255)], MaskSettings(ignore_value=255))
    with pytest.raises(MaskError, match=r"Nobody labelled.*--empty-planes"):
        understand_masks([image(np.zeros((3, 8, 8), np.uint8), "ZYX")], MaskSettings())


@pytest.mark.parametrize("kind", ["classes", "instances"])
def test_only_two_values_can_be_inverted(kind: str) -> None:
    two = BLOBS.copy()
    two[30:50, 30:50] = 2
    with pytest.raises(MaskError, match="--invert"):
        understand_masks([image(two)], MaskSettings(masks=MaskKind(kind), invert=True))


def test_no_masks_at_all() -> None:
    with pytest.raises(MaskError, match="no masks"):
        understand_masks([], MaskSettings())


def test_errors_name_the_file_and_the_plane(tmp_path: Path) -> None:
    stack = np.stack([BLOBS.astype(np.float32)] * 3)
    stack[2, 4, 4] = np.nan
    np.save(tmp_path / "embryo.npy", stack)
    mask = open_image(tmp_path / "embryo.npy")
    with pytest.raises(MaskError, match=r"embryo\.npy [TZ]=2 holds NaN"):
        understand_masks([mask], MaskSettings())


def test_outlines_are_filled_to_objects(data: Path) -> None:
    mask = open_image(data / "bbbc030" / "train" / "outlines" / "cho21.png")
    filled = open_image(data / "bbbc030" / "train" / "new_outlines" / "cho21.png").read()[0] > 0
    reading = understand_masks([mask], MaskSettings(masks=MaskKind.OUTLINES))
    truth = reading.read(mask)
    assert truth is not None
    assert truth.instances is not None
    assert np.array_equal(truth.classes, filled)
    assert truth.instances.max() == label(filled, structure=np.ones((3, 3)))[1]


def test_real_classes(data: Path) -> None:
    masks = [open_image(file) for file in find_images(data / "wbc2" / "masks")]
    reading = understand_masks(masks, MaskSettings(masks=MaskKind.CLASSES))
    assert (reading.values, reading.class_count) == ((1, 2), 2)
    truth = reading.read(masks[0])
    assert truth is not None
    assert np.array_equal(truth.classes, masks[0].read()[0])
