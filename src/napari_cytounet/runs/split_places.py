"""Where in the images lies what is learnt from, and what is kept back, for the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from napari_cytounet.unet.planes import TrainingPlane


def places(planes: Sequence[TrainingPlane], others: Sequence[TrainingPlane]) -> list[dict[str, Any]]:
    """Return the planes by name; of those that are shared with others, also the part that is labelled.

    Parameters
    ----------
    planes
        What is learnt from, or what is kept back.
    others
        The other of the two.

    Returns
    -------
    list of dict
        `plane`, and where the plane is shared `rows` and `columns`: the first and the one after the last
        labelled pixel of this side, at the working scale.
    """
    shared = {_key(plane) for plane in planes} & {_key(plane) for plane in others}
    return [{"plane": plane.name} | (_extent(plane) if _key(plane) in shared else {}) for plane in planes]


def _key(plane: TrainingPlane) -> tuple[str, tuple[int, ...]]:
    return plane.source, plane.index


def _extent(plane: TrainingPlane) -> dict[str, list[int]]:
    extent = {}
    for name, dim in (("rows", 1), ("columns", 0)):
        labelled = torch.nonzero(plane.labelled.any(dim=dim)).ravel().tolist()
        extent[name] = [labelled[0], labelled[-1] + 1] if labelled else [0, 0]
    return extent
