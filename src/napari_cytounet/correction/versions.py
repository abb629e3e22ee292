"""The versions of a session's model: kept, compared and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import OutputError
from napari_cytounet.unet.model import save_model
from napari_cytounet.unet.model_card import ModelCard

KEPT = 20
"""Versions that are kept: the latest of those that were adopted."""


def version_file(folder: Path, number: int) -> Path:
    """Return the model file of a version."""
    return SessionFolder(folder).versions / f"{number:06}.safetensors"


def kept_versions(folder: Path) -> list[int]:
    """Return the numbers of the versions that are kept, oldest first."""
    return sorted(int(path.stem) for path in SessionFolder(folder).versions.glob("[0-9]*.safetensors"))


def save_version(folder: Path, number: int, weights: Mapping[str, Tensor], card: ModelCard) -> Path:
    """Write a version that was adopted: it becomes the session's model; the oldest beyond `KEPT` go.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    place = SessionFolder(folder)
    place.check_there()
    file = version_file(folder, number)
    save_model(file, dict(weights), card)
    save_model(place.model, dict(weights), card)
    for old in kept_versions(folder)[:-KEPT]:
        version_file(folder, old).unlink(missing_ok=True)
    return file


def check_kept(folder: Path, number: int) -> Path:
    """Return the file of a version that is kept.

    Raises
    ------
    OutputError
        If it is not.
    """
    file = version_file(folder, number)
    if not file.exists():
        numbers = ", ".join(map(str, kept_versions(folder))) or "none"
        raise OutputError(f"Version {number} is not kept any more. There are: {numbers}.")
    return file
