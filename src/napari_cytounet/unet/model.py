"""A trained U-Net with its card, and the file that holds both."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from napari_cytounet.errors import ModelFileError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.guided_filter import guide_radius
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.model_card import HEADER, ModelCard, card_in, check_safe, damaged, model_file
from napari_cytounet.unet.network import UNet


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
    _ready: dict[Device, UNet] = field(default_factory=dict, init=False, compare=False, repr=False)

    def ready_on(self, device: Device) -> UNet:
        """Return the network as `for_inference` gives it, made once for all images of a device."""
        if device not in self._ready:
            self._ready[device] = for_inference(self.network, device)
        return self._ready[device]


def build_network(card: ModelCard, seed: int) -> UNet:
    """Return a new network as the card describes it, with random weights of a seed.

    The global random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet(
            channels=card.channels,
            classes=len(card.classes),
            settings=card.network,
            boundaries=card.objects is not None,
            guide=guide_radius(card.working_scale) if card.network.guided else 0,
        )


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
    path = model_file(path)
    weights, header = read_tensors(path)
    card = card_in(header, path)
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
    check_safe(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise damaged(path, error) from error
