"""What training makes small where boundaries are learnt, at pixels of which it is known if one runs there."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

SMOOTHING = 1.0
"""Pixels added above and below the fraction of soft Dice, so that a short boundary cannot swing it."""


def boundary_loss(logits: Tensor, boundary: Tensor, known: Tensor, weight: float) -> Tensor:
    """Return the loss of a batch: cross-entropy plus soft Dice.

    Parameters
    ----------
    logits
        (N, Y, X) of the boundary.
    boundary
        (N, Y, X) share of each pixel that is boundary.
    known
        (N, Y, X) bool: where that is known.
    weight
        How much more than any other a pixel on a boundary counts in the cross-entropy.

    Returns
    -------
    Tensor
        A scalar; 0 (with a gradient of 0) where nothing is known.
    """
    logits, boundary = logits.float()[known], boundary[known]
    if len(boundary) == 0:
        return logits.sum() * 0
    weights = 1 + (weight - 1) * boundary
    per_pixel = F.binary_cross_entropy_with_logits(logits, boundary, reduction="none")
    likely = torch.sigmoid(logits)
    dice = (2 * (likely * boundary).sum() + SMOOTHING) / (likely.sum() + boundary.sum() + SMOOTHING)
    return (per_pixel * weights).sum() / weights.sum() + 1 - dice
