"""Where the boundaries of objects run, for a network to learn.

Nothing is claimed where it is unknown: near pixels of which nobody said to which object they belong, an
object may end or go on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

BOUNDARY_WIDTH = 2.0
"""Width of the boundary within each object, in working pixels."""


class BoundaryTargets(NamedTuple):
    """The boundaries of one plane.

    Attributes
    ----------
    boundary
        (Y, X) bool: within `BOUNDARY_WIDTH` of another object or of the background; False where unknown.
    known
        (Y, X) bool.
    """

    boundary: NDArray[np.bool_]
    known: NDArray[np.bool_]


def boundary_targets(instances: NDArray[np.signedinteger], scale: float) -> BoundaryTargets:
    """Return the boundaries of the objects of a plane, also between those that touch.

    Parameters
    ----------
    instances
        Negative where nobody knows, 0 background, 1 and up the objects, of any dimension. What has one number
        in two places is two objects. The edge of the image is no boundary.
    scale
        By which the plane is going to be resized.

    Examples
    --------
    >>> targets = boundary_targets(np.array([[0, 1, 1, 1, 1, 1, 1, 2, 2, 2]]), scale=1.0)
    >>> targets.boundary.astype(int)
    array([[0, 1, 1, 0, 0, 1, 1, 1, 1, 0]])
    """
    objects = label(np.maximum(instances, 0), background=0, connectivity=instances.ndim)
    # The outermost pixels of an object are half a pixel deep, the next one and a half.
    reach = BOUNDARY_WIDTH / scale - 0.5
    boundary = (objects > 0) & (_distance_to(_outermost(instances, objects)) < reach)
    settled = _distance_to(instances < 0) >= reach + 1
    known = (instances >= 0) & (boundary | (objects == 0) | settled)
    return BoundaryTargets(boundary & known, known)


def _outermost(instances: NDArray[np.signedinteger], objects: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return the pixels of objects beside another object or the background.

    The nearest of them to a pixel of an object is one of the same object: the way to any other leads over it.
    """
    outermost = np.zeros(objects.shape, bool)
    for axis in range(objects.ndim):
        along, found = np.moveaxis(objects, axis, 0), np.moveaxis(outermost, axis, 0)
        known = np.moveaxis(instances, axis, 0) >= 0
        differ = (along[1:] != along[:-1]) & known[1:] & known[:-1]
        found[1:] |= differ & (along[1:] > 0)
        found[:-1] |= differ & (along[:-1] > 0)
    return outermost


def _distance_to(places: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance of each pixel to the nearest of some places, infinity if there is none."""
    if not places.any():
        return np.full(places.shape, np.inf)
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(~places)
    return distance
