"""What was found around a stroke when it was new: the network that learns it holds to that, lest it forget.

After learning without forgetting (Li and Hoiem 2016): nothing says what is true where nobody painted, but
what the version that is shown is sure of there is not to be lost by learning the stroke, unless the stroke
says that it is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.strokes import Stroke
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.inference import Interval, predict_box
from napari_cytounet.unet.network import UNet

SIDE = 128
"""Side of what is kept around a stroke, in working pixels."""

SURE = 0.9
"""Probability of a class, or of background, from which it is retained."""

NEAR = 12
"""Working pixels around what a stroke corrects in which the same error may go on."""


@dataclass(frozen=True)
class Surroundings:
    """What a version found around a stroke, and where that is retained.

    Attributes
    ----------
    plane, top, left
        Which working plane, and the corner in it.
    found
        (SIDE, SIDE) the class of each pixel: 0 background, 1 and up.
    layers
        (K + 1, SIDE, SIDE) float16: the probability of each class, and last 1 where it is retained.
    """

    plane: PlaneKey
    top: int
    left: int
    found: NDArray[np.integer]
    layers: Tensor

    def window(self, rows: Interval, columns: Interval) -> Tensor:
        """Return a box of it, (K + 1, Y, X) float32; nothing is retained outside."""
        result = torch.zeros(len(self.layers), rows[1] - rows[0], columns[1] - columns[0])
        top, bottom = max(rows[0], self.top), min(rows[1], self.top + SIDE)
        left, right = max(columns[0], self.left), min(columns[1], self.left + SIDE)
        if top < bottom and left < right:
            result[:, top - rows[0] : bottom - rows[0], left - columns[0] : right - columns[0]] = self.layers[
                :, top - self.top : bottom - self.top, left - self.left : right - self.left
            ]
        return result

    def forget(self, stroke: Stroke) -> None:
        """Retain nothing any more of what a stroke says is wrong."""
        if stroke.plane == self.plane:
            points = stroke.points - np.array([self.top, self.left])
            doubt = torch.from_numpy(doubtful(self.found, points, stroke.classes))
            self.layers[-1].masked_fill_(doubt, 0)


def surroundings(
    stroke: Stroke, plane: WorkingPlane, network: UNet, thresholds: tuple[float, ...], device: Device
) -> Surroundings:
    """Return what a network finds around a new stroke that has not been learnt yet.

    It is retained where the network is sure, within the plane, and where the stroke does not say that it is
    wrong: see `doubtful`.
    """
    row, column = stroke.centre
    top, left = row - SIDE // 2, column - SIDE // 2
    box = (top, top + SIDE), (left, left + SIDE)
    likely = predict_box(network, plane.pixels, *box, halo=0, device=device)[: network.classes].cpu()
    retained = torch.cat([1 - likely.sum(dim=0, keepdim=True), likely]).amax(dim=0).numpy() >= SURE
    rows, columns = np.arange(top, top + SIDE), np.arange(left, left + SIDE)
    retained[(rows < 0) | (rows >= plane.height)] = False
    retained[:, (columns < 0) | (columns >= plane.width)] = False
    found = apply_thresholds(likely.numpy(), thresholds)
    layers = torch.cat([likely, torch.from_numpy(retained)[None]]).half()
    around = Surroundings(stroke.plane, top, left, found, layers)
    around.forget(stroke)
    return around


def doubtful(
    found: NDArray[np.integer], points: NDArray[np.intp], classes: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return where what was found may be as wrong as it is below a stroke.

    That is in objects that it contradicts and, close to where it does, in all that is not of its class.

    Parameters
    ----------
    found
        (Y, X) classes that were found.
    points, classes
        (N, 2) pixels of the stroke, and (N,) the class of each; those outside say nothing.

    Examples
    --------
    >>> found = np.array([[1, 1, 0, 0, 1]])
    >>> doubtful(found, np.array([[0, 0]]), np.array([0]))
    array([[ True,  True, False, False,  True]])
    """
    result = np.zeros(found.shape, dtype=bool)
    inside = ((points >= 0) & (points < found.shape)).all(axis=1)
    points, classes = points[inside], classes[inside]
    wrong = found[points[:, 0], points[:, 1]] != classes
    points, classes = points[wrong], classes[wrong]
    if len(points) == 0:
        return result
    objects, _ = ndimage.label(found > 0)
    numbers = np.unique(objects[points[:, 0], points[:, 1]])
    result |= np.isin(objects, numbers[numbers > 0])
    for value in np.unique(classes):
        clear = np.ones(found.shape, dtype=bool)
        clear[tuple(points[classes == value].T)] = False
        result |= (ndimage.distance_transform_edt(clear) < NEAR) & (found != value)
    return result
