"""The files to check: paired as far as they find each other, whatever else is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_cytounet.errors import PairingError
from napari_cytounet.images.folders import find_training_folders
from napari_cytounet.images.matching import match_equal, match_without_affixes
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.pairing import Pair, Pairing
from napari_cytounet.images.reading import find_images
from napari_cytounet.quality.findings import Finding, Place, found

Part = Literal["training", "validation"]


@dataclass(frozen=True)
class CheckedFile:
    """An image to check, with its mask if there is one.

    Attributes
    ----------
    image, mask
        The files.
    part
        What it is used for.
    """

    image: Path
    mask: Path | None
    part: Part = "training"


@dataclass(frozen=True)
class Inputs:
    """All files to check, and what was found wrong with their names."""

    files: list[CheckedFile]
    findings: list[Finding]
    has_masks: bool


def gather_files(
    images: Path,
    masks: Path | None,
    validation: tuple[Path, Path] | None,
    pairing: Pairing,
) -> Inputs:
    """List images and masks, and pair what can be paired.

    Parameters
    ----------
    images
        A file or folder of images, or a folder in cytounet's layout if `masks` is not given.
    masks
        A file or folder of masks. Without it, and outside of the layout, images alone are checked.
    validation
        Images and masks that are kept back for validation.
    pairing
        See `pair_files`.

    Raises
    ------
    PairingError, ImageError
        If there is nothing to check.
    """
    parts: list[tuple[Part, Path, Path | None]] = []
    if masks is not None:
        parts.append(("training", images, masks))
    elif _is_layout(images):
        training, kept = find_training_folders(images)
        parts.append(("training", *training))
        if kept is not None and validation is None:
            parts.append(("validation", *kept))
    else:
        parts.append(("training", images, None))
    if validation is not None:
        parts.append(("validation", *validation))
    files: list[CheckedFile] = []
    findings: list[Finding] = []
    for part, image_source, mask_source in parts:
        if mask_source is not None and image_source.resolve() == mask_source.resolve():
            raise PairingError(f"{images} is named for both images and masks. Name where the masks are.")
        found_images = find_images(image_source)
        found_masks = [] if mask_source is None else find_images(mask_source)
        mask_of = {} if mask_source is None else _pair(found_images, found_masks, pairing)
        files += [CheckedFile(image, mask_of.get(image), part) for image in found_images]
        if mask_source is not None:
            findings += _missing(found_images, found_masks, mask_of)
    return Inputs(files, findings, has_masks=any(source is not None for *_, source in parts))


def files_of(training: Sequence[Pair], validation: Sequence[Pair]) -> Inputs:
    """Return pairs that found each other already."""
    files = [CheckedFile(pair.image, pair.mask) for pair in training]
    files += [CheckedFile(pair.image, pair.mask, "validation") for pair in validation]
    return Inputs(files, [], has_masks=True)


def _is_layout(folder: Path) -> bool:
    """Tell whether a folder holds folders of images and masks, rather than images."""
    if not folder.is_dir() or folder.suffix.lower() == ".zarr":
        return False
    names = {entry.name.lower() for entry in folder.iterdir() if entry.is_dir()}
    return bool(names & {"images", "image", "train", "training"})


def _pair(images: Sequence[Path], masks: Sequence[Path], by: Pairing) -> dict[Path, Path]:
    """Match names as `pair_files` does, and leave out what does not match."""
    if len(images) == len(masks) == 1 or by == "order":
        return dict(zip(images, masks, strict=False))
    image_of = {image_stem(path): path for path in reversed(images)}
    mask_of = {image_stem(path): path for path in reversed(masks)}
    matched = {} if by == "prefix" else match_equal(list(image_of), list(mask_of))
    if by != "stem" and len(matched) < max(len(images), len(masks)):
        without = match_without_affixes(list(image_of), list(mask_of))
        matched = max(matched, without, key=len)
    return {image_of[image]: mask_of[mask] for image, mask in matched.items()}


def _missing(images: Sequence[Path], masks: Sequence[Path], mask_of: dict[Path, Path]) -> Iterator[Finding]:
    for image in images:
        if image not in mask_of:
            yield found(
                "pair-missing", f"The image {image.name} has no mask in {masks[0].parent}.", Place(image)
            )
    used = set(mask_of.values())
    for mask in masks:
        if mask not in used:
            yield found(
                "pair-missing", f"The mask {mask.name} has no image in {images[0].parent}.", Place(mask)
            )
