"""The running average of a network's weights, which is scored and kept in place of the last weights."""

from __future__ import annotations

import torch

from napari_cytounet.unet.network import UNet

EARLY = 9
"""The average forgets faster in the beginning: after n steps it keeps at most n / (n + EARLY)."""


@torch.no_grad()
def average_into(averaged: UNet, network: UNet, kept: float, step: int) -> None:
    """Move `averaged` a little towards `network`, the statistics of its normalisation included.

    Parameters
    ----------
    averaged, network
        Two networks of one shape; the first is changed.
    kept
        Share of the average that is kept at each step in the long run.
    step
        Steps taken before this one.
    """
    kept = min(kept, step / (step + EARLY))
    for average, current in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if average.is_floating_point():
            average.lerp_(current, 1 - kept)
        else:
            average.copy_(current)


@torch.no_grad()
def restore_statistics(network: UNet, averaged: UNet) -> None:
    """Take the statistics of a network's normalisation from its average."""
    for current, average in zip(network.buffers(), averaged.buffers(), strict=True):
        current.copy_(average)
