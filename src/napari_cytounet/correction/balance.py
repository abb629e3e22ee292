"""How much versions find of each class: moved by what corrections say, at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from napari_cytounet.correction.strokes import Stroke
from napari_cytounet.unet.network import UNet

MOVE = 0.1
"""Logits by which a class is moved towards a stroke of it of which nothing was found, and the others away."""

KEPT = 0.95
"""Share of what earlier strokes moved that is kept at each stroke: meanwhile it is learnt."""

MOST = 1.0
"""Most that a class is moved by, either way."""


def balance(strokes: Sequence[Stroke], classes: int) -> NDArray[np.float64]:
    """Return what is to be added to the logit of each class, background first.

    A stroke says what was found wrongly. To learn it moves what is found as well, but slowly, and an outline
    that lies too far out or in lies so everywhere. So each correction also moves the logits a little (logit
    adjustment: Menon et al., ICLR 2021), until as much is corrected one way as the other (as the thresholds
    of Gibbs and Candès, NeurIPS 2021, move with what they miss).

    Parameters
    ----------
    strokes
        In the order in which they were painted; one that no version was judged on before it was learnt says
        nothing.
    classes
        Without the background.

    Examples
    --------
    >>> from napari_cytounet.correction.annotation import PlaneKey
    >>> cell = Stroke(1, PlaneKey(0), np.array([[0, 0]]), np.array([1]), held=(1,), fold=0, before=0.5)
    >>> balance([cell], classes=1)
    array([-0.05,  0.05])
    """
    logits = np.zeros(classes + 1)
    for stroke in strokes:
        if stroke.before is not None:
            towards = np.full(classes + 1, -MOVE)
            towards[list(stroke.held)] = MOVE
            logits = (KEPT * logits + towards * (1 - stroke.before)).clip(-MOST, MOST)
    return logits


@torch.no_grad()
def move_logits(network: UNet, logits: NDArray[np.float64]) -> None:
    """Add to the logit of each class, background first, in the weights: a version is kept so."""
    bias = network.head.bias
    if bias is None:
        raise ValueError("the head of the network has no bias")
    # A network of one class has no logit for background: what matters is the difference.
    added = logits[1:] - logits[0] if network.classes == 1 else logits
    bias += torch.from_numpy(added.repeat(network.fold**2)).to(bias)
