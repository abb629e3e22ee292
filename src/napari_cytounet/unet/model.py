"""A trained U-Net and its card: everything that prediction needs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pydantic import ConfigDict, Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from napari_cytounet.errors import ModelFileError
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.writing import atomic_path
from napari_cytounet.settings import MaskKind, NetworkSettings, Settings
from napari_cytounet.unet.network import UNet

FORMAT = 1
"""Version of the model file: raised when older programs could no longer predict with a newer file."""

HEADER = "napari-cytounet model"


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
    validation_dice: float | None = Field(
        None, description="Dice on the validation data at these thresholds."
    )
    record: str = Field("", description="SHA-256 of the record of the run that made it.")


@dataclass(frozen=True)
class Model:
    """A network with its card.

    Attributes
    ----------
    network
        In evaluation mode, on the CPU.
    card
        What it is.
    """

    network: UNet
    card: ModelCard
    path: Path | None = field(default=None, compare=False)


def build_network(card: ModelCard, seed: int) -> UNet:
    """Return a new network as the card describes it, with random weights of a seed.

    The global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(channels=card.channels, classes=len(card.classes), settings=card.network)


def save_model(path: Path, weights: dict[str, Tensor], card: ModelCard) -> None:
    """Write a model file: weights as safetensors with the card in the header, atomically."""
    write_tensors(path, weights, {HEADER: card.model_dump_json()})


def load_model(path: Path | str) -> Model:
    """Read a model file.

    Parameters
    ----------
    path
        The file, or the folder of a run that holds it.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is a pickle, truncated, of a newer version or no model of ours.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "model.safetensors"
    weights, header = read_tensors(path)
    if HEADER not in header:
        raise ModelFileError(f"{path} is a safetensors file, but not a model of napari-cytounet.")
    card = _read_card(path, header[HEADER])
    network = build_network(card, seed=0)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelFileError(
            f"The weights in {path} do not fit the network that its header describes: the file is damaged. "
            "Take another copy of it, or train again."
        ) from error
    return Model(network.eval().requires_grad_(requires_grad=False), card, path)


def write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    """Write tensors and texts as one safetensors file, atomically."""
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, header)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and the texts of a safetensors file.

    Raises
    ------
    ModelFileError
        With the reason why it cannot be read.
    """
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
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            f"{path} is truncated or no safetensors file ({error}). Take another copy of it, or train again."
        ) from error


def _read_card(path: Path, text: str) -> ModelCard:
    try:
        values: dict[str, Any] = json.loads(text)
        if values.get("format", 0) > FORMAT:
            raise ModelFileError(
                f"{path} was made by a newer napari-cytounet ({values.get('version', 'unknown')}; format "
                f"{values['format']}, this one reads up to {FORMAT}). Upgrade: pip install -U napari-cytounet"
            )
        return ModelCard.model_validate(values)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"The header of {path} is damaged: {error}. Take another copy of it.") from error


def _looks_like_pickle(beginning: bytes) -> bool:
    """Zip archives (torch.save) begin with PK, bare pickles with 0x80 and the number of their protocol.

    Safetensors files begin with the length of their header in 8 bytes, which may look the same; what follows
    there is a brace.
    """
    is_pickle = len(beginning) > 1 and beginning[0] == 0x80 and beginning[1] <= 5
    return beginning.startswith(b"PK\x03\x04") or (is_pickle and beginning[8:9] != b"{")
