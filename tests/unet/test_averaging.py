"""The running average of the weights."""

from __future__ import annotations

import copy

import torch

from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.averaging import RunningAverage, between, restore_statistics
from napari_cytounet.unet.network import UNet


def _network(value: float) -> UNet:
    network = UNet(channels=1, classes=1, settings=NetworkSettings(base_width=2, depth=1))
    for values in network.state_dict().values():
        values.fill_(value)
    return network


def test_the_first_step_is_taken_whole_and_later_ones_in_part() -> None:
    averaged, network = _network(0), _network(4)
    RunningAverage(averaged, network).update(kept=0.75, step=0)
    assert (averaged.head.weight == 4).all()
    RunningAverage(averaged, _network(0)).update(kept=0.75, step=1)
    assert torch.allclose(averaged.head.weight, torch.tensor(0.4))
    RunningAverage(averaged, _network(8)).update(kept=0.75, step=1000)
    assert torch.allclose(averaged.head.weight, torch.tensor(0.75 * 0.4 + 0.25 * 8))


def test_without_averaging_it_is_the_network_itself() -> None:
    averaged, network = _network(0), _network(3)
    RunningAverage(averaged, network).update(kept=0, step=500)
    values = averaged.state_dict().values()
    assert all(bool((value == 3).all()) for value in values if value.is_floating_point())


def test_statistics_come_back_and_weights_stay() -> None:
    averaged, network = _network(1), _network(2)
    before = copy.deepcopy(dict(network.named_parameters()))
    restore_statistics(network, averaged)
    assert all(bool((values == 1).all()) for values in network.buffers())
    assert all(torch.equal(weight, before[name]) for name, weight in network.named_parameters())


def test_between_two_networks_lie_weights_and_statistics() -> None:
    one, other = _network(1), _network(5)
    mixed = between(one, other, 0.25)
    for name, values in mixed.state_dict().items():
        expected = 2 if values.is_floating_point() else 1  # counters are of the first
        assert bool((values == expected).all()), name
    assert all(bool((values == 1).all()) for values in one.state_dict().values())
