"""How much each class weighs: what was corrected lately says what is found too little of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.strokes import Stroke

BACKGROUND = 3.0
"""Weight of a pixel that is painted as background, where no class was corrected more than another.

Each stands for many that nobody paints: most of an image is background, and what is taken for an object there
is more than what of objects is missed.
"""

LATEST = 20
"""Strokes that are counted."""

PRIOR = 4.0
"""Strokes of each class that are counted on top of them: so few say little, and no weight comes near 0."""


def class_weights(strokes: Sequence[Stroke], classes: int) -> NDArray[np.float32]:
    """Return the weight of a painted pixel in the cross-entropy, by its class.

    A stroke says what should have been found and was not. If most of the latest strokes are background, too
    much is found, and background comes to weigh more; if most are of a class, that class does.

    Parameters
    ----------
    strokes
        In the order in which they were painted.
    classes
        Without the background.

    Returns
    -------
    NDArray[np.float32]
        (classes + 1,), that of the background first.

    Examples
    --------
    >>> class_weights([], 2)
    array([3., 1., 1.], dtype=float32)
    """
    counts = np.full(classes + 1, PRIOR, np.float32)
    for stroke in strokes[-LATEST:]:
        counts[list(stroke.held)] += 1
    weights: NDArray[np.float32] = counts / counts.mean()
    weights[0] *= BACKGROUND
    return weights
