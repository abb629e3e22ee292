"""The running average of a network's weights, which is scored and kept in place of the last weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from napari_cytounet.unet.network import UNet

EARLY = 9
"""The average forgets faster in the beginning: after n steps it keeps at most n / (n + EARLY)."""


class RunningAverage:
    """Moves a network after another one, the statistics of its normalisation included.

    Parameters
    ----------
    averaged, network
        Two networks of one shape, whose tensors stay the same; the first is changed. They are gathered once:
        that takes longer than to average them.
    """

    def __init__(self, averaged: UNet, network: UNet) -> None:
        self._averaged = [*averaged.parameters(), *_statistics(averaged)]
        self._latest = [*network.parameters(), *_statistics(network)]

    @torch.no_grad()
    def update(self, kept: float, step: int) -> None:
        """Move the average a little.

        Parameters
        ----------
        kept
            Share of the average that is kept at each step in the long run.
        step
            Steps taken before this one.
        """
        average_all = get_ema_multi_avg_fn(min(kept, step / (step + EARLY)))  # type: ignore[no-untyped-call]
        average_all(self._averaged, self._latest, step)


@torch.no_grad()
def between(network: UNet, other: UNet, share: float) -> UNet:
    """Return a network whose weights and statistics lie between those of two, at a share of the other's."""
    mixed = copy.deepcopy(network)
    for values, others in zip(
        [*mixed.parameters(), *_statistics(mixed)], [*other.parameters(), *_statistics(other)], strict=True
    ):
        values.lerp_(others, share)
    return mixed


@torch.no_grad()
def restore_statistics(network: UNet, averaged: UNet) -> None:
    """Take the statistics of a network's normalisation from its average."""
    for current, average in zip(network.buffers(), averaged.buffers(), strict=True):
        current.copy_(average)


def _statistics(network: UNet) -> list[Tensor]:
    """Return the running means and variances of a network's normalisation, without its counters."""
    return [values for values in network.buffers() if values.is_floating_point()]
