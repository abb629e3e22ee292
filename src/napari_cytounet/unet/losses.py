"""What training makes small. Pixels without a label are left out before anything is averaged.

Binary cross-entropy (cross-entropy for several classes), soft Dice over the batch (Milletari et al. 2016;
over the batch after Isensee et al. 2021), or their sum.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.settings import LossSettings

SMOOTHING = 1.0
"""Pixels added above and below the fraction of soft Dice, so that a tiny object cannot swing it."""


def segmentation_loss(
    logits: Tensor, targets: Tensor, labelled: Tensor, settings: LossSettings, weights: Tensor | None = None
) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    logits
        (N, 1, Y, X) for one class, else (N, 1 + K, Y, X), as the network gives them.
    targets
        (N, K, Y, X) share of each class in each pixel: between 0 and 1 where a boundary runs through.
    labelled
        (N, Y, X) bool: where anything is known.
    settings
        Which loss.
    weights
        (N, Y, X) weight of each pixel in the cross-entropy; all 1 if not given.

    Returns
    -------
    Tensor
        A scalar; 0 (with a gradient of 0) where no pixel is labelled.

    Examples
    --------
    >>> logits = torch.full((1, 1, 2, 2), 20.0)
    >>> targets, labelled = torch.ones(1, 1, 2, 2), torch.tensor([[[True, True], [True, False]]])
    >>> round(segmentation_loss(logits, targets, labelled, LossSettings()).item(), 3)
    0.0
    """
    logits = logits.float().movedim(1, -1)[labelled]
    targets = targets.movedim(1, -1)[labelled]
    if len(targets) == 0:
        return logits.sum() * 0
    loss = logits.new_zeros(())
    if "cross_entropy" in settings.loss:
        per_pixel = _cross_entropy(logits, targets)
        loss = loss + (per_pixel.mean() if weights is None else _weighted_mean(per_pixel, weights[labelled]))
    if "dice" in settings.loss:
        loss = loss + _soft_dice_loss(logits, targets)
    return loss


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy of each pixel from (pixels, logits) and (pixels, classes)."""
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], targets[:, 0], reduction="none")
    background = 1 - targets.sum(dim=1, keepdim=True)
    return F.cross_entropy(logits, torch.cat([background, targets], dim=1), reduction="none")


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum()


def _soft_dice_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """1 minus the mean soft Dice of the classes that the batch holds.

    A class that is absent is left out: its Dice is 0 whatever is predicted, and its gradient would only
    push the network to predict nothing at all.
    """
    likely = torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, dim=1)[:, 1:]
    present = targets.sum(dim=0) > 0
    if not bool(present.any()):
        return logits.sum() * 0
    overlap = (likely * targets).sum(dim=0)
    dice = (2 * overlap + SMOOTHING) / (likely.sum(dim=0) + targets.sum(dim=0) + SMOOTHING)
    return 1 - dice[present].mean()
