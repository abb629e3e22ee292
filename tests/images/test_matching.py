from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.images.matching import match_equal, match_without_affixes

AFFIXES = st.sampled_from(["", "img_", "msk_", "x-y ", "Image", "a_b_", "a_"])


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        (["img_1", "img_2", "img_10"], ["msk_1", "msk_2", "msk_10"]),
        (["img_10", "img_11", "img_12"], ["msk_10", "msk_11", "msk_12"]),
        (["a", "b"], ["a_mask", "b_mask"]),
        (["a", "b"], ["mask-a", "mask-b"]),
        (["a_img", "b_img"], ["a_seg", "b_seg"]),
        (["image1", "image2"], ["mask1", "mask2"]),
        (["set1_w1", "set2_w1"], ["set1_w2", "set2_w2"]),
        (["exp 1 img 1", "exp 1 img 2"], ["exp 1 msk 1", "exp 1 msk 2"]),
        (["cell"], ["cell_mask"]),
        (["img_1"], ["msk_1"]),
    ],
)
def test_affixes_in_use(images: list[str], masks: list[str]) -> None:
    assert match_without_affixes(images, masks) == dict(zip(images, masks, strict=True))


def test_missing_partners_are_left_out() -> None:
    images = [f"img_{number}" for number in (1, 2, 3, 10)]
    assert match_without_affixes(images, ["msk_2", "msk_10"]) == {"img_2": "msk_2", "img_10": "msk_10"}


def test_names_that_have_nothing_in_common() -> None:
    assert match_without_affixes(["a", "b"], ["c", "d"]) == {}
    assert match_equal(["a", "b"], ["b", "c"]) == {"b": "b"}


@settings(deadline=None, max_examples=100)
@given(
    keys=st.lists(st.text("ab_1", min_size=1, max_size=6), min_size=1, max_size=6, unique=True),
    image_prefix=AFFIXES,
    mask_prefix=AFFIXES,
    shuffled=st.randoms(use_true_random=False),
)
def test_a_prefix_never_pairs_what_does_not_belong_together(
    keys: list[str], image_prefix: str, mask_prefix: str, shuffled: random.Random
) -> None:
    images, masks = [image_prefix + key for key in keys], [mask_prefix + key for key in keys]
    shuffled.shuffle(masks)
    found = match_without_affixes(images, masks)
    if len(found) == len(keys):
        assert found == {image_prefix + key: mask_prefix + key for key in keys}
