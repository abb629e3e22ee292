"""The guess over a folder, and the check of the kind that the user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.draw import circle_perimeter, disk
from skimage.filters import gaussian
from skimage.measure import label

from napari_cytounet.errors import MaskError
from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.settings import MaskKind, MaskSettings

CENTRES = [(y, x) for y in (15, 45, 75, 105) for x in (15, 45, 75, 105)]


def discs(values: Sequence[int], radius: int = 9, dtype: str = "u1") -> NDArray:
    """Draw up to 16 discs apart from each other."""
    mask = np.zeros((120, 120), dtype)
    for centre, value in zip(CENTRES, values, strict=False):
        mask[disk(centre, radius)] = value
    return mask


def rings(width: int = 1) -> NDArray:
    mask = np.zeros((120, 120), np.uint8)
    for centre in [(30, 30), (30, 85), (85, 30), (85, 85)]:
        for radius in range(25 - width, 25):
            mask[circle_perimeter(*centre, radius, method="andres")] = 255
    return mask


def understand(*arrays: NDArray, axes: str | None = None, **settings: object) -> MaskReading:
    masks = [Image.from_array(array, axes, name=f"mask{number}") for number, array in enumerate(arrays)]
    return understand_masks(masks, MaskSettings(**settings))


@pytest.mark.parametrize(
    ("folder", "settings", "kind"),
    [
        ("bbbc030/train/new_outlines", {}, "binary"),
        ("bbbc030/validation/new_outlines", {}, "binary"),
        ("bbbc003/truth", {"invert": True}, "binary"),
        ("a549/masks", {}, "binary"),
        ("isbi2012/label", {}, "binary"),
        ("isbi2012/label", {"invert": True}, "binary"),
        ("dsb2018/histo_rgb/masks", {}, "instances"),
        ("usiigaci_phase/masks", {}, "instances"),
        ("stardist_demo/masks", {}, "instances"),
        ("qcanet_embryo_zyx/masks", {}, "binary"),
        pytest.param("dsb2018/fluo/masks", {}, "instances", marks=pytest.mark.slow),
    ],
)
def test_real_masks_are_guessed(data: Path, folder: str, settings: dict[str, bool], kind: str) -> None:
    masks = [open_image(file) for file in find_images(data / folder)]
    reading = understand_masks(masks, MaskSettings(**settings))
    assert reading.kind == kind, reading.reason
    assert reading.class_count == 1


@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("wbc2/masks", ["classes", "instances"]),
        ("ctc_cho_tzyx/mask.tif", ["classes", "instances"]),
        ("bbbc030/train/outlines", ["binary", "outlines"]),
        ("bbbc030/validation/outlines", ["binary", "outlines"]),
    ],
)
def test_real_masks_that_fit_two_kinds_are_asked_about(data: Path, folder: str, kinds: list[str]) -> None:
    masks = [open_image(file) for file in find_images(data / folder)]
    with pytest.raises(MaskError, match=" or ".join(f"--masks {kind}" for kind in kinds)):
        understand_masks(masks, MaskSettings())
    for kind in kinds:
        assert understand_masks(masks, MaskSettings(masks=MaskKind(kind))).kind == kind


@pytest.mark.parametrize(
    "folder",
    [
        "bbbc030/train/images",
        "bbbc003/images",
        "a549/images",
        "isbi2012/image",
        "dsb2018/fluo/images",
        "dsb2018/histo_rgb/images",
        "usiigaci_phase/images",
        "wbc2/images",
        "stardist_demo/images",
    ],
)
def test_every_real_photograph_is_refused_by_name(data: Path, folder: str) -> None:
    for file in find_images(data / folder)[:5]:
        with pytest.raises(MaskError, match=rf"{file.name}.* photograph"):
            understand_masks([open_image(file)], MaskSettings())


def test_an_inverted_real_mask_hints_at_invert(data: Path) -> None:
    masks = [open_image(file) for file in find_images(data / "bbbc003" / "truth")]
    assert "--invert" in understand_masks(masks, MaskSettings()).reason
    assert "--invert" not in understand_masks(masks, MaskSettings(invert=True)).reason


@pytest.mark.parametrize("value", [1, 7, 255])
def test_one_value_is_binary_whatever_it_is(value: int) -> None:
    reading = understand(discs([value] * 5), discs([value]))
    assert (reading.kind, reading.values, reading.class_count) == (MaskKind.BINARY, (value,), 1)


def test_few_values_in_many_pieces_are_classes() -> None:
    reading = understand(discs([128, 255] * 6), discs([255] * 4))
    assert (reading.kind, reading.values, reading.class_count) == (MaskKind.CLASSES, (128, 255), 2)


def test_many_values_in_one_piece_each_are_instances() -> None:
    first, second = discs(range(1, 17), dtype="u2"), discs(range(301, 317), dtype="u2")
    assert understand(first, second).kind is MaskKind.INSTANCES


def test_instances_may_now_and_then_lie_in_pieces() -> None:
    cut = discs(range(1, 17), dtype="u2")
    cut[:, 15] = 0  # cuts four of the sixteen discs in halves
    assert understand(cut, discs(range(17, 33), dtype="u2")).kind is MaskKind.INSTANCES


@pytest.mark.parametrize("values", [[1, 2], [128, 255], list(range(1, 17))])
def test_few_values_in_one_piece_each_are_asked_about(values: list[int]) -> None:
    with pytest.raises(MaskError, match="--masks classes or --masks instances"):
        understand(discs(values))


def test_the_kind_is_judged_over_the_whole_folder() -> None:
    """Each mask alone would be asked about or be binary; together they are more than classes can be."""
    folder = [discs([3 * number + 1, 3 * number + 2, 3 * number + 3]) for number in range(8)]
    assert understand(*folder).kind is MaskKind.INSTANCES


def test_two_codings_of_binary_in_one_folder_are_asked_about() -> None:
    zero_one, zero_255 = discs([1] * 5), discs([255] * 5)
    with pytest.raises(MaskError, match="--masks binary or --masks classes"):
        understand(zero_one, zero_255)
    assert understand(zero_one, zero_255, masks="binary").values == ()


@pytest.mark.parametrize("width", [1, 2, 5])
def test_thin_rings_are_asked_about(width: int) -> None:
    with pytest.raises(MaskError, match="--masks binary or --masks outlines"):
        understand(rings(width=width))
    assert understand(rings(width=width), masks="outlines").kind is MaskKind.OUTLINES
    assert understand(rings(width=width), masks="binary").kind is MaskKind.BINARY


def test_dark_rings_on_white_are_outlines_once_inverted() -> None:
    with pytest.raises(MaskError, match="--masks binary or --masks outlines"):
        understand(255 - rings(), invert=True)
    with pytest.raises(MaskError, match=r"more than half of the pixels.*--invert"):
        understand(255 - rings(), masks="outlines")


def test_thick_rings_and_thin_open_lines_are_binary() -> None:
    threads = np.zeros((120, 120), np.uint8)
    threads[10:110:10, 5:115] = 255
    assert understand(threads).kind is MaskKind.BINARY
    thick = discs([255] * 4, radius=14) - discs([255] * 4, radius=4)
    assert understand(thick).kind is MaskKind.BINARY
    assert understand(thick, masks="outlines").kind is MaskKind.OUTLINES


def test_a_few_rings_among_filled_masks_are_slips() -> None:
    assert understand(discs([255] * 5), discs([255] * 5), rings()).kind is MaskKind.BINARY


def test_stray_pixels_do_not_make_another_kind() -> None:
    outlines, filled = rings(), discs([255] * 9)
    outlines[30, 6] = 191
    with pytest.raises(MaskError, match="--masks binary or --masks outlines"):
        understand(outlines)
    filled[15, 15:19] = 191
    with pytest.raises(MaskError, match=r"all but 4 pixels of the foreground hold 255.*--masks binary"):
        understand(filled)


def test_outlines_need_a_closed_ring() -> None:
    with pytest.raises(MaskError, match="no closed outline"):
        understand(discs([255] * 5), masks="outlines")


def test_scattered_labels_are_no_instances() -> None:
    with pytest.raises(MaskError, match=r"of 2 labels .* 2 lie in several pieces.*--masks binary"):
        understand(discs([1, 2] * 6), masks="instances")
    with pytest.raises(MaskError, match="no instances"):
        understand(discs([255] * 6), masks="instances")


def test_a_lone_object_in_each_mask_may_be_called_instances() -> None:
    assert understand(discs([255]), discs([255]), masks="instances").kind is MaskKind.INSTANCES


def test_named_classes_may_be_many_but_not_any_number() -> None:
    many = [discs(range(1 + 16 * number, 17 + 16 * number), dtype="u2") for number in range(15)]
    assert understand(*many, masks="classes").class_count == 240
    with pytest.raises(MaskError, match=r"more than 255 different values.*--masks instances"):
        understand(*many, discs(range(241, 257), dtype="u2"), masks="classes")


def test_many_values_in_pieces_fit_nothing() -> None:
    scattered = [
        np.maximum(discs([number] * 8), discs([0] * 8 + [number + 1] * 8)) for number in range(1, 30)
    ]
    with pytest.raises(MaskError, match="30 different values besides 0 in many pieces"):
        understand(*scattered)
    assert understand(*scattered, masks="binary").kind is MaskKind.BINARY


def test_one_photograph_in_a_good_folder_is_named() -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (120, 120)).astype(np.uint8)
    with pytest.raises(MaskError, match="mask1 looks like a photograph: 255 different values"):
        understand(discs([255] * 5), photograph, discs([255] * 5))
    many_objects = [discs(range(1 + 16 * number, 17 + 16 * number), dtype="u2") for number in range(5)]
    with pytest.raises(MaskError, match="mask5 looks like a photograph"):
        understand(*many_objects, photograph)


def test_sparse_deep_photographs_are_refused() -> None:
    """Background subtracted: 0 nearly everywhere, and nearly every other pixel a value of its own."""
    random = np.random.default_rng(1)
    cells = discs([1] * 6) * random.normal(20_000, 4_000, (120, 120))
    with pytest.raises(MaskError, match="photograph"):
        understand(cells.astype(np.uint16))


@pytest.mark.parametrize("named", [None, "binary", "classes", "instances"])
@pytest.mark.parametrize("quality", [75, 95])
def test_jpeg_masks_are_refused_with_a_hint(quality: int, named: str | None) -> None:
    spoilt = imagecodecs.jpeg_decode(imagecodecs.jpeg_encode(discs([255] * 9), level=quality))
    assert len(np.unique(spoilt)) > 2
    with pytest.raises(MaskError, match=r"mask0 holds .* JPEG .*cytounet threshold"):
        understand(spoilt, masks=named)


def test_smoothly_resized_masks_are_refused_with_a_hint() -> None:
    smooth = np.rint(255 * gaussian(discs([1] * 9).astype(float), 0.7)).astype(np.uint8)
    with pytest.raises(MaskError, match="smooth resizing"):
        understand(smooth)


def test_touching_objects_and_overlapping_stacks_are_instances() -> None:
    cells = np.kron(np.arange(1, 65).reshape(8, 8), np.ones((12, 12), int))
    cells[::12], cells[:, 0] = 0, 0
    assert understand(np.stack([cells, np.roll(cells, 3, axis=1)]), axes="ZYX").kind is MaskKind.INSTANCES


def test_colour_coded_objects_are_instances() -> None:
    random = np.random.default_rng(0)
    palette = random.integers(1, 256, (17, 3)).astype(np.uint8)
    palette[0] = 0
    objects = [palette[discs(range(1, 17))], palette[label(discs([1] * 9))][:, ::-1, ::-1]]
    assert understand(*objects, axes="YXC").kind is MaskKind.INSTANCES
