"""The plane that strokes are learnt on, against the one that full masks are learnt on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, PlaneKey
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.correction.working_plane import ChunkCache, WorkingPlane
from napari_cytounet.errors import ImageError
from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import LossSettings, NetworkSettings
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.planes import training_plane

MakeEntry = Callable[..., Entry]
KEY = PlaneKey(0)
HEIGHT, WIDTH = 301, 290


def _plane(
    scale: float, supervision: Supervision, *, limit: int = 10**8, image: Image | None = None
) -> WorkingPlane:
    network = NetworkSettings(base_width=4, depth=1)
    card = ModelCard(
        channels=1, classes=("a", "b"), network=network, thresholds=(0.5, 0.5), working_scale=scale
    )
    return WorkingPlane(image or _image(), KEY, card, supervision, ChunkCache(limit))


def _image() -> Image:
    pixels = np.random.default_rng(0).integers(0, 999, (HEIGHT, WIDTH)).astype(np.uint16)
    return Image.from_array(pixels, "YX")


def _whole(plane: WorkingPlane) -> tuple[tuple[int, int], tuple[int, int]]:
    return (0, plane.height), (0, plane.width)


def _blobs(seed: int) -> NDArray[np.uint8]:
    """Values 1 to 3 in blocks of 7 x 5 pixels."""
    small = np.random.default_rng(seed).integers(1, 4, (HEIGHT // 7 + 1, WIDTH // 5 + 1))
    return np.kron(small, np.ones((7, 5)))[:HEIGHT, :WIDTH].astype(np.uint8)


@pytest.mark.parametrize("scale", [1.0, 0.5, 1 / 3])
def test_where_all_is_painted_it_is_the_plane_of_full_masks(scale: float, entry: MakeEntry) -> None:
    values = _blobs(0)
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, HEIGHT, WIDTH), values))
    plane = _plane(scale, supervision)
    plane.repaint(Box(0, 0, HEIGHT, WIDTH))
    full = training_plane(
        _image(),
        (),
        Truth(values.astype(np.int16) - 1, None),
        class_count=2,
        normalisation=Normalisation(),
        working_scale=scale,
        loss=LossSettings(),
    )
    assert (plane.height, plane.width) == tuple(full.labelled.shape)
    torch.testing.assert_close(plane.pixels(*_whole(plane)), full.pixels)
    targets = plane.targets(*_whole(plane))
    torch.testing.assert_close(targets[:2], full.targets)
    torch.testing.assert_close(targets[2], torch.ones_like(targets[2]))


@pytest.mark.parametrize("scale", [1.0, 0.5, 1 / 3])
def test_every_window_is_a_part_of_the_whole(scale: float, entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (20, 30, 290, 280), _blobs(1)[:270, :250]))
    plane = _plane(scale, supervision)
    plane.repaint(Box(20, 30, 290, 280))
    pixels, targets = plane.pixels(*_whole(plane)), plane.targets(*_whole(plane))
    for top, left, side in ((0, 0, 50), (3, 7, 85), (plane.height - 40, plane.width - 60, 40), (31, 5, 66)):
        rows, columns = (top, top + side), (left, left + side)
        at = slice(None), slice(*rows), slice(*columns)
        torch.testing.assert_close(plane.pixels(rows, columns), pixels[at])
        torch.testing.assert_close(plane.targets(rows, columns), targets[at])


@pytest.mark.parametrize("scale", [1.0, 0.5, 1 / 3])
def test_beyond_the_edges_the_image_is_mirrored_and_nothing_is_painted(
    scale: float, entry: MakeEntry
) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, HEIGHT, WIDTH), 2))
    plane = _plane(scale, supervision)
    plane.repaint(Box(0, 0, HEIGHT, WIDTH))
    for far, length in ((plane.height, 0), (plane.width, 1)):
        intervals = [(0, 20), (0, 20)]
        intervals[length] = (-150, far + 150)
        painted = plane.targets(*intervals)[-1].movedim(length, 0)
        assert not painted[:150].any()
        assert not painted[-150:].any()
        torch.testing.assert_close(painted[150:-150], torch.ones_like(painted[150:-150]))
        mirrored = plane.pixels(*intervals)[0].movedim(length, 0)
        torch.testing.assert_close(mirrored[130:150], mirrored[150:170].flip(0))
        assert not torch.equal(mirrored[-170:-150], mirrored[:20])


@examples(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 280), st.integers(0, 270), st.integers(1, 20), st.integers(0, 3)),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([1.0, 0.5, 1 / 3]),
)
def test_repainting_boxes_is_as_good_as_beginning_anew(
    painted: list[tuple[int, int, int, int]], scale: float
) -> None:
    supervision = Supervision()
    followed = _plane(scale, supervision)
    for number, (top, left, side, value) in enumerate(painted, start=1):
        box = Box(top, left, top + side, left + side)
        values = np.full(box.shape, value, np.uint8)
        supervision.apply(Entry(number, KEY, Layer.STROKES, box, values, 0.0))
        followed.repaint(box)
        followed.targets(*_whole(followed))  # is remembered, and must be forgotten where it changes
    anew = _plane(scale, supervision)
    anew.repaint(Box(0, 0, HEIGHT, WIDTH))
    torch.testing.assert_close(followed.targets(*_whole(followed)), anew.targets(*_whole(anew)))


def test_memory_is_bounded_whatever_is_read(entry: MakeEntry) -> None:
    supervision = Supervision()
    supervision.apply(entry(1, (0, 0, HEIGHT, WIDTH), _blobs(2)))
    roomy, tight = (_plane(1.0, supervision, limit=limit) for limit in (10**8, 70_000))
    for plane in (roomy, tight):
        plane.repaint(Box(0, 0, HEIGHT, WIDTH))
    torch.testing.assert_close(tight.pixels(*_whole(tight)), roomy.pixels(*_whole(roomy)))
    torch.testing.assert_close(tight.targets(*_whole(tight)), roomy.targets(*_whole(roomy)))


def test_a_cache_keeps_what_was_used_last() -> None:
    cache = ChunkCache(100)
    made: list[str] = []

    def get(name: str) -> None:
        cache.get(name, lambda: made.append(name) or torch.zeros(10))  # type: ignore[func-returns-value]

    for name in "abacab":  # two of 40 bytes have room
        get(name)
    assert made == ["a", "b", "c", "b"]
    cache.drop("b")
    cache.drop("nothing")
    get("a")
    get("b")
    assert made == ["a", "b", "c", "b", "b"]


class Unread:
    """An array that must not be read."""

    shape, dtype = (1000, 1000), np.dtype(np.uint8)

    def __getitem__(self, key: object) -> NDArray[np.uint8]:
        raise OSError("it is read")


def test_planes_that_nobody_looks_at_are_not_read() -> None:
    plane = _plane(1.0, Supervision(), image=Image(Unread(), "YX", "unread"))
    assert not plane.targets((0, 50), (0, 50)).any()
    with pytest.raises(ImageError, match="it is read"):
        plane.pixels((0, 50), (0, 50))
