"""The card of a model: what prediction needs to know beside the weights, read without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field
from safetensors import SafetensorError, safe_open

from napari_cytounet.errors import ModelFileError
from napari_cytounet.images.mask_values import MaskValue
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.settings import Colour, MaskKind, NetworkSettings, Settings

FORMAT = 2
"""Version of the model file: raised when older programs could no longer predict with a newer file."""

HEADER = "napari-cytounet model"


class ObjectCard(Settings):
    """How a model that learnt the boundaries of objects tells them apart."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    foreground: float = Field(0.5, description="Foreground from which on a pixel belongs to an object.")
    seeds: float = Field(0.5, description="Value from which on a pixel belongs to the core of an object.")
    validation_score: float | None = Field(
        None, description="Mean average precision at IoU 0.5 to 0.9 on the validation data at these."
    )
    diameter: float | None = Field(None, description="Of typical objects of the training images, in pixels.")
    own_scale: bool = Field(
        False, description="Whether each image is brought to the common object size by a factor of its own."
    )


class ModelCard(Settings):
    """What a model is and how it wants to be used: the JSON in the header of its file.

    Fields that a later version added are passed over: `format` tells when they matter.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(FORMAT, description="Version of the model file.")
    version: str = Field("", description="Version of napari-cytounet that wrote it.")
    axes: str = Field("YX", description="Spatial axes that the network works on.")
    channels: int = Field(ge=1, description="Channels of the images.")
    classes: tuple[str, ...] = Field(min_length=1, description="Names of the foreground classes.")
    colours: tuple[Colour, ...] = Field((), description="Colours to show them in; none if nobody chose any.")
    mask_values: tuple[MaskValue, ...] = Field(
        (), description="Their values in the masks that it was trained on, where each value is a class."
    )
    mask_kind: MaskKind = Field(MaskKind.BINARY, description="Kind of the masks that it was trained on.")
    network: NetworkSettings = Field(description="Shape of the network.")
    normalisation: Normalisation = Field(Normalisation(), description="How intensities are normalised.")
    working_scale: float = Field(
        1.0, gt=0, description="Images are resized by this before the network sees them."
    )
    pixel_size: float | None = Field(
        None, description="Micrometres a pixel of the training images, before resizing."
    )
    thresholds: tuple[float, ...] = Field(
        description="Threshold of each class, calibrated on validation data."
    )
    objects: ObjectCard | None = Field(None, description="How it tells single objects apart, if it does.")
    validation_dice: float | None = Field(
        None, description="Dice on the validation data at these thresholds."
    )
    record: str = Field("", description="SHA-256 of the record of the run that made it.")


def read_card(path: Path | str) -> ModelCard:
    """Read the card of a model file, and leave its weights alone.

    Parameters
    ----------
    path
        The file, or the folder of a run that holds it.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is a pickle, truncated, of a newer version or no model of ours.
    """
    path = model_file(path)
    check_safe(path)
    try:
        with safe_open(path, framework="np") as file:
            header = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise damaged(path, error) from error
    return card_in(header, path)


def model_file(path: Path | str) -> Path:
    """Return the model file that a path names: itself, or the one in the folder of a run."""
    path = Path(path)
    return path / "model.safetensors" if path.is_dir() else path


def card_in(header: dict[str, str], path: Path) -> ModelCard:
    """Return the card in the header of a safetensors file.

    Raises
    ------
    ModelFileError
        If there is none, or one that we cannot understand.
    """
    if HEADER not in header:
        raise ModelFileError(f"{path} is a safetensors file, but not a model of napari-cytounet.")
    try:
        values: dict[str, Any] = json.loads(header[HEADER])
        if values.get("format", 0) > FORMAT:
            raise ModelFileError(
                f"{path} was made by a newer napari-cytounet ({values.get('version', 'unknown')}; format "
                f"{values['format']}, this one reads up to {FORMAT}). Upgrade: pip install -U napari-cytounet"
            )
        return ModelCard.model_validate(values)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"The header of {path} is damaged: {error}. Take another copy of it.") from error


def check_safe(path: Path) -> None:
    """Raise a ModelFileError if there is no such file, or if opening it could run a program."""
    try:
        with path.open("rb") as file:
            beginning = file.read(16)
    except FileNotFoundError as error:
        raise ModelFileError(
            f"There is no model file {path}. Give a .safetensors file or a run's folder."
        ) from error
    except OSError as error:
        raise ModelFileError(f"The model file {path} cannot be read: {error.strerror}.") from error
    if _looks_like_pickle(beginning):
        raise ModelFileError(
            f"{path} is a pickle (or a file of torch.save), which can run any program when opened, so it "
            "was not. Models of napari-cytounet are .safetensors files: ask whoever made this one for that."
        )


def damaged(path: Path, error: Exception) -> ModelFileError:
    """Return the error for a file that safetensors cannot read."""
    return ModelFileError(
        f"{path} is truncated or no safetensors file ({error}). Take another copy of it, or train again."
    )


def _looks_like_pickle(beginning: bytes) -> bool:
    """Zip archives (torch.save) begin with PK, bare pickles with 0x80 and the number of their protocol.

    Safetensors files begin with the length of their header in 8 bytes, which may look the same; what follows
    there is a brace.
    """
    is_pickle = len(beginning) > 1 and beginning[0] == 0x80 and beginning[1] <= 5
    return beginning.startswith(b"PK\x03\x04") or (is_pickle and beginning[8:9] != b"{")
