"""Running a network on one box of a plane: the step that prediction and validation share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.network import UNet, readout

Interval = tuple[int, int]
"""First pixel and the one after the last, along one axis of the working grid."""

ReadBox = Callable[[Interval, Interval], Tensor]
"""Gives the normalised pixels (C, Y, X) of a box of the working grid; beyond the edges it mirrors."""


def for_inference(network: UNet, device: Device) -> UNet:
    """Return a copy of a network on the device, with its normalisation folded into the convolutions.

    Batch normalisation is a fixed scale and shift in evaluation, so folding changes nothing but the time.
    """
    folded = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    for stages in (folded.encoder, folded.decoder):
        for index, stage in enumerate(stages):
            layers = list(stage.children())
            stages[index] = nn.Sequential(_fused(*layers[:2]), layers[2], _fused(*layers[3:5]), layers[5])
    return device.place(folded)


def _fused(convolution: nn.Module, normalisation: nn.Module) -> nn.Module:
    """Fold a normalisation into the convolution before it, which is changed."""
    folded, norm = cast("nn.Conv2d", convolution), cast("nn.BatchNorm2d", normalisation)
    mean, variance = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
    folded.weight, folded.bias = fuse_conv_bn_weights(
        folded.weight, folded.bias, mean, variance, norm.eps, norm.weight, norm.bias
    )
    return folded


@torch.inference_mode()
def predict_box(
    network: UNet,
    read: ReadBox,
    rows: Interval,
    columns: Interval,
    *,
    halo: int,
    margin: int = 0,
    device: Device,
) -> Tensor:
    """Return the probabilities of a box of the working grid, and with an instance head what it says there.

    Parameters
    ----------
    network
        From `for_inference`.
    read
        Where the pixels come from.
    rows, columns
        The box; its start must be a multiple of the network's stride for results that do not depend on how
        a plane is cut.
    halo
        Pixels around the box that the network sees as well; a multiple of the stride.
    margin
        Pixels of the halo that are returned with the box.

    Returns
    -------
    Tensor
        (channels, Y, X) float32 on the device, `margin` wider than the box on each side: see
        `network.readout`.
    """
    window_rows = _with_halo(rows, halo, network.stride)
    window_columns = _with_halo(columns, halo, network.stride)
    pixels = read(window_rows, window_columns)[None].to(
        device.torch_device, memory_format=torch.channels_last
    )
    with device.autocast():
        logits = network(pixels)
    first = halo - margin
    height, width = rows[1] - rows[0] + 2 * margin, columns[1] - columns[0] + 2 * margin
    return readout(network, logits[..., first : first + height, first : first + width].float())[0]


def _with_halo(interval: Interval, halo: int, stride: int) -> Interval:
    """Widen an interval by the halo, and at its far end to a length that the network can halve."""
    start, stop = interval[0] - halo, interval[1] + halo
    return start, stop + -(stop - start) % stride
