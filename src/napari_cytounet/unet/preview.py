"""A part of one plane that shows how a training gets on, the same all along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.inference import Interval, for_inference, predict_box
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.validation import HALO, plane_reader

SIDE = 512
"""Longest side of the part, in working pixels."""


@dataclass(frozen=True)
class PreviewPart:
    """The part: a box of a plane, in working pixels."""

    plane: TrainingPlane
    rows: Interval
    columns: Interval


def choose_part(planes: Sequence[TrainingPlane], stride: int) -> PreviewPart:
    """Return the surroundings of what is labelled, in the plane with the most foreground.

    Parameters
    ----------
    planes
        At least one.
    stride
        Of the network: the part begins on a multiple of it.
    """
    plane = max(planes, key=lambda plane: int((plane.classes > 0).sum()))
    return PreviewPart(
        plane,
        rows=_around(plane.labelled.any(dim=1), stride),
        columns=_around(plane.labelled.any(dim=0), stride),
    )


def predict_part(network: UNet, part: PreviewPart, device: Device) -> NDArray[np.uint8]:
    """Return the probabilities of a part, (classes, Y, X), 255 where the network is certain."""
    found = predict_box(
        for_inference(network, device),
        plane_reader(part.plane),
        part.rows,
        part.columns,
        halo=HALO,
        device=device,
    )
    shares: NDArray[np.uint8] = found[: network.classes].mul(255).round().to(torch.uint8).cpu().numpy()
    return shares


def _around(labelled: Tensor, stride: int) -> Interval:
    """Return an interval of an axis around the middle of what is labelled along it."""
    places = torch.nonzero(labelled)
    middle = int(places.min() + places.max()) // 2 if len(places) else len(labelled) // 2
    start = max(0, min(middle - SIDE // 2, len(labelled) - SIDE))
    start -= start % stride
    return start, min(start + SIDE, len(labelled))
