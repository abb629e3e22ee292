"""A version of the network that a session teaches."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_cytounet.unet.network import UNet


@dataclass(frozen=True)
class Version:
    """A network that was adopted.

    Attributes
    ----------
    number
        Of the proposal, from 1.
    network
        In evaluation mode.
    knows
        Number of the last entry of the journal that it was trained on.
    found
        The share of each stroke that it finds as painted, by the stroke's number, as far as it was asked.
    """

    number: int
    network: UNet
    knows: int
    found: dict[int, float] = field(default_factory=dict, compare=False)
