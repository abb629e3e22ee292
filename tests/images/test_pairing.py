from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_cytounet.errors import ImageError, PairingError
from napari_cytounet.images.pairing import FoundPairs, Pair, find_pairs, pair_files


def paths(folder: str, *names: str) -> list[Path]:
    return [Path(folder) / name for name in names]


@settings(deadline=None, max_examples=60)
@given(
    stems=st.lists(
        st.from_regex(r"[a-z0-9_ .-]{1,6}[a-z]", fullmatch=True), min_size=1, max_size=9, unique=True
    ),
    by=st.sampled_from(["auto", "stem"]),
    seed=st.integers(0, 9),
)
def test_equal_stems_find_each_other_in_any_order(stems: list[str], by: str, seed: int) -> None:
    images = paths("images", *(f"{stem}.tif" for stem in stems))
    masks = paths("masks", *(f"{stem}.ome.tif" for stem in stems))
    random.Random(seed).shuffle(masks)  # noqa: S311
    pairs = pair_files(images, masks, by)  # type: ignore[arg-type]
    assert sorted(pair.image for pair in pairs) == sorted(images)
    assert all(pair.mask.name == f"{pair.name}.ome.tif" for pair in pairs)


def test_pairs_come_in_natural_order() -> None:
    pairs = pair_files(paths("i", "img_10.tif", "img_9.tif"), paths("m", "msk_10.png", "msk_9.png"))
    assert pairs == [
        Pair(Path("i/img_9.tif"), Path("m/msk_9.png")),
        Pair(Path("i/img_10.tif"), Path("m/msk_10.png")),
    ]


def test_prefixes_are_no_stems() -> None:
    with pytest.raises(PairingError, match="2 images without a mask"):
        pair_files(paths("i", "img_1.tif", "img_2.tif"), paths("m", "msk_1.tif", "msk_2.tif"), "stem")


def test_order_only_when_asked_for() -> None:
    images, masks = paths("i", "a10.tif", "a9.tif"), paths("m", "x.tif", "y.tif")
    with pytest.raises(PairingError, match="--pairing order"):
        pair_files(images, masks)
    assert [pair.mask.name for pair in pair_files(images, masks, "order")] == ["x.tif", "y.tif"]
    with pytest.raises(PairingError, match=r"2 images in i .* 1 mask in m"):
        pair_files(images, masks[:1], "order")


def test_all_without_a_partner_are_named() -> None:
    images = paths("i", *(f"{letter}.tif" for letter in "abcdefgh"))
    masks = paths("m", "a.tif", "z.tif")
    with pytest.raises(PairingError) as error:
        pair_files(images, masks)
    text = str(error.value)
    assert "7 images without a mask (b.tif, c.tif, d.tif, e.tif, f.tif and 2 more)" in text
    assert "1 mask without an image (z.tif)" in text
    assert "i and m" in text


def test_two_masks_for_one_image() -> None:
    with pytest.raises(PairingError, match=r"two masks for one image: m/a\.png and m/a\.tif"):
        pair_files(paths("i", "a.tif"), paths("m", "a.png", "a.tif"))


def test_two_images_of_one_name() -> None:
    with pytest.raises(PairingError, match="two images have the same name"):
        pair_files(paths("i", "a.png", "a.tif"), paths("m", "a.tif"))


def test_nothing_to_pair() -> None:
    with pytest.raises(PairingError, match="no images"):
        pair_files([], paths("m", "a.tif"))
    with pytest.raises(PairingError, match="no masks"):
        pair_files(paths("i", "a.tif"), [])


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        tifffile.imwrite(folder / name, np.zeros((4, 4), np.uint8))
    return folder


def names(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.image.name, pair.mask.name) for pair in pairs]


def test_two_folders(tmp_path: Path) -> None:
    images, masks = fill(tmp_path / "a", "x.tif", "y.tif"), fill(tmp_path / "b", "y.tif", "x.tif")
    assert find_pairs(images, masks) == FoundPairs(
        [Pair(images / "x.tif", masks / "x.tif"), Pair(images / "y.tif", masks / "y.tif")], []
    )


def test_two_files_belong_together_whatever_their_names(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", "cells.tif", "drawn.tif")
    pairs = find_pairs(folder / "cells.tif", folder / "drawn.tif")
    assert names(pairs.training) == [("cells.tif", "drawn.tif")]


def test_zarr_folders_among_the_images(tmp_path: Path) -> None:
    images, masks = fill(tmp_path / "a", "x.tif"), fill(tmp_path / "b", "x.tif", "y.tif")
    zarr.save_array(images / "y.zarr", np.zeros((4, 4), np.uint8))
    assert names(find_pairs(images, masks).training) == [("x.tif", "x.tif"), ("y.zarr", "y.tif")]


def test_the_layout_of_cytounet(tmp_path: Path) -> None:
    for part, stem in (("train", "a"), ("validation", "b")):
        fill(tmp_path / part / "images", f"{stem}.tif")
        fill(tmp_path / part / "masks", f"{stem}.tif")
    found = find_pairs(tmp_path)
    assert names(found.training) == [("a.tif", "a.tif")]
    assert names(found.validation) == [("b.tif", "b.tif")]


@pytest.mark.parametrize(("images", "masks"), [("images", "masks"), ("image", "label"), ("Images", "Truth")])
def test_a_folder_with_images_and_masks(tmp_path: Path, images: str, masks: str) -> None:
    fill(tmp_path / images, "a.tif")
    fill(tmp_path / masks, "a.tif")
    assert len(find_pairs(tmp_path).training) == 1


def test_training_folders_alone(tmp_path: Path) -> None:
    fill(tmp_path / "train" / "images", "a.tif")
    fill(tmp_path / "train" / "masks", "a.tif")
    assert find_pairs(tmp_path).validation == []


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(PairingError, match=r"no folder images or image and no folder masks, .*new_outlines"):
        find_pairs(tmp_path)
    fill(tmp_path / "train" / "images", "a.tif")
    with pytest.raises(PairingError, match=r"train holds no folder masks"):
        find_pairs(tmp_path)
    with pytest.raises(PairingError, match="does not exist"):
        find_pairs(tmp_path / "nowhere")
    with pytest.raises(PairingError, match="is a file"):
        find_pairs(tmp_path / "train" / "images" / "a.tif")


def test_two_folders_of_masks(tmp_path: Path) -> None:
    for folder in ("images", "outlines", "new_outlines"):
        fill(tmp_path / folder, "a.tif")
    with pytest.raises(PairingError, match="outlines and new_outlines"):
        find_pairs(tmp_path)


def test_sources_that_are_wrong(tmp_path: Path) -> None:
    images, empty = fill(tmp_path / "a", "x.tif"), fill(tmp_path / "b")
    with pytest.raises(ImageError, match="is empty"):
        find_pairs(images, empty)
    with pytest.raises(PairingError, match="both"):
        find_pairs(images, images)
