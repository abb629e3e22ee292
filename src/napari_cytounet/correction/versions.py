"""The versions of a session's model: kept, compared and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import ModelFileError, OutputError
from napari_cytounet.unet.model_card import HEADER, ModelCard

if TYPE_CHECKING:
    from torch import Tensor

KNOWS = "knows"
"""Where a version's file tells what it learnt from."""

KEPT = 20
"""Versions that are kept: the latest of those that were adopted."""


def version_file(folder: Path, number: int) -> Path:
    """Return the model file of a version."""
    return SessionFolder(folder).versions / f"{number:06}.safetensors"


def kept_versions(folder: Path) -> list[int]:
    """Return the numbers of the versions that are kept, oldest first."""
    found = SessionFolder(folder).versions.glob("[0-9]*.safetensors")
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


def save_version(
    folder: Path, number: int, weights: Mapping[str, Tensor], card: ModelCard, *, knows: int
) -> Path:
    """Write a version that was adopted: it becomes the session's model; the oldest beyond `KEPT` go.

    Parameters
    ----------
    folder
        Of the session.
    number
        Of the version.
    weights, card
        The model.
    knows
        Number of the last entry of the journal that it learnt from.

    Raises
    ------
    OutputError
        If the folder is gone, or its disk is full.
    """
    from napari_cytounet.unet.model import save_model, write_tensors  # here: who only looks needs no torch

    place = SessionFolder(folder)
    place.check_there()
    file = version_file(folder, number)
    write_tensors(file, dict(weights), {HEADER: card.model_dump_json(), KNOWS: str(knows)})
    save_model(place.model, dict(weights), card)
    for old in kept_versions(folder)[:-KEPT]:
        with suppress(OSError):  # Windows keeps a file that somebody reads: it goes next time
            version_file(folder, old).unlink()
    return file


def known_to(file: Path) -> int:
    """Return the number of the last entry that a version learnt from.

    Raises
    ------
    ModelFileError
        If the file is none of a version.
    """
    from napari_cytounet.unet.model import read_tensors  # here, as above

    _, header = read_tensors(file)
    try:
        return int(header[KNOWS])
    except (KeyError, ValueError) as error:
        raise ModelFileError(f"{file} is no version of a correction session.") from error


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
