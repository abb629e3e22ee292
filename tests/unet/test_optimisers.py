"""Optimisers: what they change, and what is decayed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Literal

import pytest
import torch

from napari_cytounet.settings import NetworkSettings, OptimiserSettings
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.optimisers import build_optimiser, l1_penalty, restore_memory


def _network() -> UNet:
    return UNet(channels=1, classes=1, settings=NetworkSettings(base_width=2, depth=1))


def _learn(network: UNet) -> None:
    """Give every weight a gradient."""
    network.zero_grad()
    torch.manual_seed(0)
    network(torch.rand(2, 1, 16, 16)).square().mean().backward()


@pytest.mark.filterwarnings("default")  # torch's own classes import its compiler, which warns
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("adamw", lambda groups: torch.optim.AdamW(groups, lr=0.01)),
        ("sgd", lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)),
    ],
)
def test_steps_are_those_of_torch_with_decay_on_kernels_alone(
    name: Literal["adamw", "sgd"], reference: Callable[[object], torch.optim.Optimizer]
) -> None:
    ours = _network()
    theirs = copy.deepcopy(ours)
    optimiser = build_optimiser(ours, OptimiserSettings(optimiser=name, l2=0.5))
    weights = list(theirs.parameters())
    expected = reference(
        [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": 0.5},
            {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
        ]
    )
    for _ in range(4):
        _learn(ours)
        optimiser.step(0.01)
        _learn(theirs)
        expected.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_frozen_weights_are_left_out() -> None:
    network = _network()
    network.freeze_encoder()
    before = copy.deepcopy(network)
    optimiser = build_optimiser(network, OptimiserSettings())
    _learn(network)
    optimiser.step(0.1)
    for (name, weight), former in zip(network.named_parameters(), before.parameters(), strict=True):
        assert torch.equal(weight, former) == name.startswith("encoder"), name


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_memory_can_be_restored(name: Literal["adamw", "sgd"]) -> None:
    network = _network()
    optimiser = build_optimiser(network, OptimiserSettings(optimiser=name))
    _learn(network)
    optimiser.step(0.1)
    other = build_optimiser(network, OptimiserSettings(optimiser=name))
    restore_memory(other, {key: tensor.clone() for key, tensor in optimiser.memory().items()})
    for key, tensor in other.memory().items():
        assert torch.equal(tensor, optimiser.memory()[key]), key
        assert tensor.count_nonzero() > 0


def test_the_l1_penalty_is_the_sum_of_all_kernels() -> None:
    network = _network()
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(-2)
    count = sum(weight.numel() for weight in network.parameters() if weight.ndim > 1)
    assert l1_penalty(network).item() == pytest.approx(2 * count)
    network.freeze_encoder()
    assert l1_penalty(network).item() < 2 * count
