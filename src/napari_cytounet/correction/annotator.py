"""An annotator who knows the masks: paints a stroke where the prediction is most wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric
from skimage.measure import label, regionprops

from napari_cytounet.correction.annotation import BACKGROUND

LEAST_ERROR = 20
"""Errors of fewer pixels are not worth a stroke."""


@dataclass(frozen=True)
class Brush:
    """How long the path of a stroke and how wide its line may be, in pixels; its ends are round."""

    length: int = 60
    width: int = 9


def paint_stroke(
    truth: NDArray[np.int16], found: NDArray[np.integer], brush: Brush, *, wanted: int | None = None
) -> NDArray[np.uint8] | None:
    """Paint one stroke where a field is most wrong.

    The stroke runs along the largest region that should be one class and was found as another, as far inside
    it as it can; a careful annotator does not paint over the edge of the truth.

    Parameters
    ----------
    truth
        (Y, X) classes: -1 unknown, 0 background, 1 and up.
    found
        (Y, X) classes that were found.
    brush
        Bounds of the stroke.
    wanted
        Paint this class, and take everything of it for an error: for the first strokes.

    Returns
    -------
    NDArray[np.uint8] or None
        (Y, X) values of an annotation layer; None where there is no error worth a stroke.
    """
    wrong = (truth != found) & (truth >= 0) if wanted is None else truth == wanted
    regions = label(np.where(wrong, truth + 1, 0), connectivity=1)
    counts = np.bincount(regions.ravel())[1:]
    if counts.size == 0 or counts.max() < LEAST_ERROR:
        return None
    region = regionprops((regions == counts.argmax() + 1).astype(np.uint8))[0]
    rows, columns = slice(region.bbox[0], region.bbox[2]), slice(region.bbox[1], region.bbox[3])
    inside = region.image
    value = int(truth[rows, columns][inside][0])
    path = _path(inside, max(1, brush.length - brush.width))  # the ends of the stroke are round
    painted = np.zeros(truth.shape, np.uint8)
    top, left = rows.start, columns.start
    centres = np.zeros(truth.shape, bool)
    centres[path[:, 0] + top, path[:, 1] + left] = True
    reached = ndimage.distance_transform_edt(~centres) < brush.width / 2
    painted[reached & (truth == value)] = value + BACKGROUND
    return painted


def _path(region: NDArray[np.bool_], length: int) -> NDArray[np.intp]:
    """Return a path through a region, (N, 2), from its deepest point along its middle."""
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    start = np.unravel_index(int(depth.argmax()), depth.shape)
    costs = np.where(region, 1 + 4 * (1 - depth / depth.max()), -1)
    walk = MCP_Geometric(costs)
    walk.find_costs([start])
    ones = MCP_Geometric(np.where(region, 1.0, -1.0))
    far, _ = ones.find_costs([start])
    reachable = np.where(np.isfinite(far) & (far <= length), far, -1)
    end = np.unravel_index(int(reachable.argmax()), reachable.shape)
    path = np.array(walk.traceback(end))
    strides = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return path[np.concatenate([[0.0], np.cumsum(strides)]) <= length]
