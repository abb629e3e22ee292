"""Folders that hold images and masks by their layout: `train/images`, `train/masks`, `validation/…`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from napari_cytounet.errors import PairingError

_TRAINING = ("train", "training")
_VALIDATION = ("validation", "valid", "val")
_IMAGES = ("images", "image")
_MASKS = ("masks", "mask", "labels", "label", "truth", "annotations", "outlines", "new_outlines")


class ImagesAndMasks(NamedTuple):
    """A folder of images and the folder of their masks."""

    images: Path
    masks: Path


def find_training_folders(root: Path) -> tuple[ImagesAndMasks, ImagesAndMasks | None]:
    """Find the folders for training, and for validation if there are some.

    Either `root` holds folders `train` and perhaps `validation`, each with images and masks, as cytounet
    wants them, or it holds the images and masks for training itself.

    Raises
    ------
    PairingError
        Folders are missing, or more than one may hold the masks.
    """
    if not root.is_dir():
        state = "is a file" if root.exists() else "does not exist"
        raise PairingError(f"{root} {state}. Name a folder that holds images and masks, or name both.")
    training, validation = _named(root, _TRAINING), _named(root, _VALIDATION)
    if training:
        return _inside(training[0]), _inside(validation[0]) if validation else None
    return _inside(root), None


def _inside(folder: Path) -> ImagesAndMasks:
    images, masks = _named(folder, _IMAGES), _named(folder, _MASKS)
    if not images or not masks:
        sought = [_one_of(names) for names, found in ((_IMAGES, images), (_MASKS, masks)) if not found]
        raise PairingError(
            f"{folder} holds no folder {' and no folder '.join(sought)}. Name the images and the "
            "masks, each by its folder."
        )
    for found in (images, masks):
        if len(found) > 1:
            raise PairingError(
                f"{folder} holds {' and '.join(path.name for path in found)}. Name the images and the masks "
                f"that you mean, such as {images[0]} {masks[0]}."
            )
    return ImagesAndMasks(images[0], masks[0])


def _named(folder: Path, names: Iterable[str]) -> list[Path]:
    """Return the folders inside that have one of the names, in capitals or not, in the order of the names."""
    inside = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    return [inside[name] for name in names if name in inside]


def _one_of(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}"
