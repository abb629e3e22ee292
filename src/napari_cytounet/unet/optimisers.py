"""AdamW and SGD, with weight decay on the kernels alone."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from napari_cytounet.settings import OptimiserSettings
from napari_cytounet.unet.network import UNet

MOMENTUM = 0.9


def build_optimiser(network: UNet, settings: OptimiserSettings) -> Optimizer:
    """Return the optimiser of a network; frozen weights are left out.

    Biases and the scales of normalisation are not decayed: pulling them to 0 limits nothing but the range
    of the output.
    """
    trainable = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in trainable if weight.ndim > 1], "weight_decay": settings.l2},
        {"params": [weight for weight in trainable if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    if settings.optimiser == "sgd":
        return SGD(groups, lr=settings.learning_rate, momentum=MOMENTUM, nesterov=True)
    return AdamW(groups, lr=settings.learning_rate, fused=True)


def l1_penalty(network: UNet) -> Tensor:
    """Return the sum of the absolute values of all trainable kernels."""
    kernels = [
        weight.abs().sum() for weight in network.parameters() if weight.ndim > 1 and weight.requires_grad
    ]
    return torch.stack(kernels).sum()
