"""Optimisers: what they change, and what is decayed."""

from __future__ import annotations

import pytest
import torch
from torch.optim import SGD, AdamW

from napari_cytounet.settings import NetworkSettings, OptimiserSettings
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.optimisers import build_optimiser, l1_penalty


def _network() -> UNet:
    return UNet(channels=1, classes=1, settings=NetworkSettings(base_width=2, depth=1))


@pytest.mark.parametrize(("name", "kind"), [("adamw", AdamW), ("sgd", SGD)])
def test_only_kernels_are_decayed_and_every_weight_is_learnt(name: str, kind: type) -> None:
    network = _network()
    optimiser = build_optimiser(network, OptimiserSettings(optimiser=name, l2=0.5))  # type: ignore[arg-type]
    assert isinstance(optimiser, kind)
    decayed = {id(w) for group in optimiser.param_groups if group["weight_decay"] for w in group["params"]}
    learnt = {id(w) for group in optimiser.param_groups for w in group["params"]}
    assert decayed == {id(weight) for weight in network.parameters() if weight.ndim > 1}
    assert learnt == {id(weight) for weight in network.parameters()}


def test_frozen_weights_are_left_out() -> None:
    network = _network()
    network.freeze_encoder()
    learnt = {id(w) for g in build_optimiser(network, OptimiserSettings()).param_groups for w in g["params"]}
    frozen = {id(weight) for weight in network.encoder.parameters()}
    assert learnt == {id(weight) for weight in network.parameters()} - frozen


def test_the_l1_penalty_is_the_sum_of_all_kernels() -> None:
    network = _network()
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(-2)
    count = sum(weight.numel() for weight in network.parameters() if weight.ndim > 1)
    assert l1_penalty(network).item() == pytest.approx(2 * count)
    network.freeze_encoder()
    assert l1_penalty(network).item() < 2 * count
