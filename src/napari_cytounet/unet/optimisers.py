"""AdamW and SGD, with weight decay on the kernels alone.

The steps are torch's own functions. Its optimiser classes are left out: making one imports torch's whole
compiler, which takes three seconds of a training that may last fifteen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from napari_cytounet.settings import OptimiserSettings
from napari_cytounet.unet.network import UNet

MOMENTUM = 0.9
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Optimiser(Protocol):
    """What the training loop asks of an optimiser."""

    def step(self, rate: float) -> None:
        """Move all weights along their gradients, with a learning rate."""
        ...

    def memory(self) -> dict[str, Tensor]:
        """Return the tensors that it keeps from step to step, by name."""
        ...


@dataclass(frozen=True)
class _Group:
    """Weights with one decay."""

    weights: list[Tensor]
    decay: float

    def gradients(self) -> list[Tensor]:
        return [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in self.weights]


class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019)."""

    def __init__(self, groups: list[_Group]) -> None:
        self._groups = groups
        self._means = [[torch.zeros_like(weight) for weight in group.weights] for group in groups]
        self._squares = [[torch.zeros_like(weight) for weight in group.weights] for group in groups]
        self._steps = [
            [torch.zeros((), device=weight.device) for weight in group.weights] for group in groups
        ]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """See `Optimiser`."""
        for group, means, squares, steps in zip(
            self._groups, self._means, self._squares, self._steps, strict=True
        ):
            adamw(
                group.weights,
                group.gradients(),
                means,
                squares,
                [],
                steps,
                fused=True,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=rate,
                weight_decay=group.decay,
                eps=EPSILON,
                maximize=False,
            )

    def memory(self) -> dict[str, Tensor]:
        """See `Optimiser`."""
        return _named("mean", self._means) | _named("square", self._squares) | _named("step", self._steps)


class Sgd:
    """Gradient descent with Nesterov momentum."""

    def __init__(self, groups: list[_Group]) -> None:
        self._groups = groups
        self._momenta = [[torch.zeros_like(weight) for weight in group.weights] for group in groups]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """See `Optimiser`."""
        for group, momenta in zip(self._groups, self._momenta, strict=True):
            sgd(
                group.weights,
                group.gradients(),
                list(momenta),
                weight_decay=group.decay,
                momentum=MOMENTUM,
                lr=rate,
                dampening=0.0,
                nesterov=True,
                maximize=False,
            )

    def memory(self) -> dict[str, Tensor]:
        """See `Optimiser`."""
        return _named("momentum", self._momenta)


def build_optimiser(network: UNet, settings: OptimiserSettings) -> Optimiser:
    """Return the optimiser of a network; frozen weights are left out.

    Biases and the scales of normalisation are not decayed: pulling them to 0 limits nothing but the range
    of the output.
    """
    trainable = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        _Group([weight for weight in trainable if weight.ndim > 1], settings.l2),
        _Group([weight for weight in trainable if weight.ndim <= 1], 0.0),
    ]
    return Sgd(groups) if settings.optimiser == "sgd" else AdamW(groups)


@torch.no_grad()
def restore_memory(optimiser: Optimiser, memory: Mapping[str, Tensor]) -> None:
    """Fill an optimiser's memory from what `memory` of an equal one gave."""
    for name, kept in optimiser.memory().items():
        kept.copy_(memory[name])


def l1_penalty(network: UNet) -> Tensor:
    """Return the sum of the absolute values of all trainable kernels."""
    kernels = [
        weight.abs().sum() for weight in network.parameters() if weight.ndim > 1 and weight.requires_grad
    ]
    return torch.stack(kernels).sum()


def _named(what: str, groups: list[list[Tensor]]) -> dict[str, Tensor]:
    return {
        f"{what}/{number}/{place}": tensor
        for number, tensors in enumerate(groups)
        for place, tensor in enumerate(tensors)
    }
