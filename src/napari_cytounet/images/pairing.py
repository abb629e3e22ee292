"""How images find their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_cytounet.errors import PairingError
from napari_cytounet.images.annotations.masks import find_annotated_images, is_annotated_image
from napari_cytounet.images.folders import find_training_folders
from napari_cytounet.images.matching import match_equal, match_without_affixes
from napari_cytounet.images.naming import image_stem, natural_key
from napari_cytounet.images.reading import find_images, find_masks

Pairing = Literal["auto", "stem", "prefix", "order"]
_NAMED = 5  # how many files an error names


@dataclass(frozen=True)
class Pair:
    """An image and its mask."""

    image: Path
    mask: Path

    @property
    def name(self) -> str:
        """Stem of the image."""
        return image_stem(self.image)


@dataclass(frozen=True)
class FoundPairs:
    """Pairs to train on, and those kept back by hand to validate on, with what the user should know."""

    training: list[Pair]
    validation: list[Pair]
    notes: tuple[str, ...] = ()


def find_pairs(images: Path | str, masks: Path | str | None = None, by: Pairing = "auto") -> FoundPairs:
    """Find images and their masks in folders.

    Parameters
    ----------
    images
        A file or folder of images; or, without `masks`, a folder that holds `images` and `masks` (or
        `labels`, `truth`, …), or holds `train` and perhaps `validation` with those inside, as in cytounet.
    masks
        A file or folder of masks, or of annotations. Two files belong together whatever their names.
    by
        See `pair_files`.

    Raises
    ------
    PairingError
        A folder is missing, or images and masks do not find each other.
    ImageError
        A folder holds no image.
    """
    images = Path(images)
    if masks is not None:
        pairs, notes = _pair_sources(images, Path(masks), by)
        return FoundPairs(pairs, [], notes)
    training, validation = find_training_folders(images)
    pairs, notes = _pair_sources(*training, by)
    kept, kept_notes = _pair_sources(*validation, by) if validation else ([], ())
    return FoundPairs(pairs, kept, notes + kept_notes)


def pair_files(images: Sequence[Path], masks: Sequence[Path], by: Pairing = "auto") -> list[Pair]:
    """Pair images with masks by their names.

    Parameters
    ----------
    images, masks
        Files, in any order.
    by
        `stem`: the same name, the file format aside. `prefix`: the same name apart from what all images and
        all masks begin with (`img_1` / `msk_1`), or end with (`cell` / `cell_mask`). `auto`: by stem, and if
        not all match so, by prefix. `order`: sorted names, first to first.

    Returns
    -------
    list of Pair
        In natural order of the images. Images that annotations tell nothing of are left out: see
        `not_annotated`.

    Raises
    ------
    PairingError
        An image has no mask or a mask no image, two have the same name, or there are none at all.

    Examples
    --------
    >>> [pair.mask.name for pair in pair_files([Path("img_1.tif")], [Path("msk_1.png")])]
    ['msk_1.png']
    """
    images, masks = sorted(images, key=natural_key), sorted(masks, key=natural_key)
    if not images or not masks:
        missing = "masks" if images else "images"
        raise PairingError(f"there are no {missing} to pair. Check the folder of the {missing}.")
    if by == "order":
        return _in_order(images, masks)
    image_of, mask_of = (
        _by_stem(images, "two images have the same name"),
        _by_stem(masks, "two masks for one image"),
    )
    found = {} if by == "prefix" else match_equal(list(image_of), list(mask_of))
    annotated = all(map(is_annotated_image, masks))
    all_found = len(found) == len(masks) and (annotated or len(found) == len(images))
    if by != "stem" and not all_found:
        found = match_without_affixes(list(image_of), list(mask_of))
    without_mask = [image for stem, image in image_of.items() if stem not in found]
    if annotated and found:
        without_mask = []
    without_image = [mask for stem, mask in mask_of.items() if stem not in found.values()]
    if without_mask or without_image:
        raise PairingError(_explain(without_mask, without_image, f"{images[0].parent} and {masks[0].parent}"))
    return [Pair(image_of[stem], mask_of[found[stem]]) for stem in image_of if stem in found]


def not_annotated(images: Sequence[Path], pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return a note on the images that annotations tell nothing of; none if there are none."""
    count = len(images) - len(pairs)
    if not count:
        return ()
    return (f"{count} of {len(images)} images are not in the annotations, and are left out.",)


def _pair_sources(images: Path, masks: Path, by: Pairing) -> tuple[list[Pair], tuple[str, ...]]:
    if images.resolve() == masks.resolve():
        # Some programs put their annotations beside the images.
        found_images, found_masks = find_images(images), find_annotated_images(images)
        if not found_masks:
            raise PairingError(f"{images} is named for both images and masks. Name where the masks are.")
    else:
        found_images, found_masks = find_images(images), find_masks(masks)
    if found_images == [images] and len(found_masks) == 1 and not masks.is_dir():
        return [Pair(images, found_masks[0])], ()
    pairs = pair_files(found_images, found_masks, by)
    return pairs, not_annotated(found_images, pairs)


def _in_order(images: Sequence[Path], masks: Sequence[Path]) -> list[Pair]:
    if len(images) != len(masks):
        raise PairingError(
            f"{_count(images, 'image')} in {images[0].parent} cannot be paired in order with "
            f"{_count(masks, 'mask')} in {masks[0].parent}. Move away what has no partner."
        )
    return [Pair(image, mask) for image, mask in zip(images, masks, strict=True)]


def _by_stem(paths: Sequence[Path], clash: str) -> dict[str, Path]:
    stems: dict[str, Path] = {}
    for path in paths:
        first = stems.setdefault(image_stem(path), path)
        if first is not path:
            raise PairingError(f"{clash}: {first} and {path}. Move one of them away, or rename it.")
    return stems


def _explain(without_mask: Sequence[Path], without_image: Sequence[Path], where: str) -> str:
    problems = []
    if without_mask:
        problems.append(f"{_count(without_mask, 'image')} without a mask ({_names(without_mask)})")
    if without_image:
        problems.append(f"{_count(without_image, 'mask')} without an image ({_names(without_image)})")
    return (
        f"{' and '.join(problems)}, looked for in {where}. Name masks like their images "
        "(img_1 and msk_1 will do), move away what has no partner, or pair sorted names with --pairing order."
    )


def _count(paths: Sequence[Path], what: str) -> str:
    return f"{len(paths)} {what}" + ("" if len(paths) == 1 else "s")


def _names(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(path.name for path in paths[:_NAMED]) + more
