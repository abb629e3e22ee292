"""What paint says of the boundaries of objects, and how a model keeps what it knew of them elsewhere."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.settings import InstanceSettings
from napari_cytounet.unet.boundary_loss import boundary_loss
from napari_cytounet.unet.boundary_targets import BOUNDARY_WIDTH

REACH = math.ceil(BOUNDARY_WIDTH)
"""Working pixels from the edge of an object within which its boundary lies."""

INSTANCES = InstanceSettings()


def painted_boundaries(foreground: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
    """Return where paint says that a boundary runs, and where it says anything of it.

    What is painted as foreground in one piece is one object. Its boundary is where painted background is
    near; where only foreground is near, none runs. At the rim of a stroke nothing is known: it may go on.

    Parameters
    ----------
    foreground, labelled
        (N, Y, X) bool: what is foreground, and what is painted at all.

    Returns
    -------
    boundary, known
        (N, Y, X) bool.

    Examples
    --------
    >>> foreground = torch.tensor([[[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]]]).bool()
    >>> boundary, known = painted_boundaries(foreground, torch.ones_like(foreground))
    >>> boundary.int().tolist(), known.int().tolist()
    ([[[0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]]], [[[1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]]])
    """
    inside, outside = labelled & foreground, labelled & ~foreground
    boundary = inside & _grown(outside, REACH)
    core = inside & ~_grown(~inside, REACH)
    empty = outside & ~_grown(~outside, 1)
    return boundary, boundary | core | empty


def boundary_lesson(logits: Tensor, remembered: Tensor, targets: Tensor, labelled: Tensor) -> Tensor:
    """Return the loss of the boundaries in a batch whose first patches are painted.

    Where paint says nothing of them, what the model found before it was corrected is held on to (learning
    without forgetting: Li and Hoiem 2016), since a few strokes would have it forget boundaries altogether.

    Parameters
    ----------
    logits
        (N + M, Y, X) of the boundary.
    remembered
        (N + M, Y, X): how likely the model found it before.
    targets
        (N, K, Y, X) share of each class.
    labelled
        (N, Y, X) bool: what is painted.

    Returns
    -------
    Tensor
        A scalar.
    """
    boundary, known = painted_boundaries(targets.sum(dim=1) >= 0.5, labelled)
    taught = boundary_loss(
        logits[: len(targets)], boundary.to(logits.dtype), known, INSTANCES.boundary_weight
    )
    unknown = torch.cat([~known, known.new_ones(len(logits) - len(targets), *known.shape[1:])])
    kept = F.binary_cross_entropy_with_logits(logits[unknown], remembered[unknown])
    return taught + kept


def _grown(places: Tensor, by: int) -> Tensor:
    """Return the pixels that have some place at most `by` pixels away."""
    side = 2 * by + 1
    return F.max_pool2d(places.float()[:, None], side, stride=1, padding=by)[:, 0] > 0
