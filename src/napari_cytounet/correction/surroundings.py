"""What was shown around a stroke when it was painted: whoever painted it saw it, and left it as it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from napari_cytounet.correction.strokes import Stroke
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.inference import Interval
from napari_cytounet.unet.network import UNet, probabilities

SIDE = 128
"""Side of what is kept around a stroke, in working pixels."""

SURE = 0.9
"""Probability of a class, or of background, from which something is taken for seen and right."""

NEAR = 12
"""Working pixels around what a stroke corrects in which the same error may go on."""


@dataclass(frozen=True)
class Surroundings:
    """What a version found around a stroke, and where that was left as it was.

    Attributes
    ----------
    top, left
        Corner in the working plane.
    layers
        (K + 1, SIDE, SIDE) float16: the probability of each class, and 1 last where it counts.
    """

    top: int
    left: int
    layers: Tensor

    def window(self, rows: Interval, columns: Interval) -> Tensor:
        """Return a box of it, (K + 1, Y, X) float32; nothing counts outside."""
        result = torch.zeros(len(self.layers), rows[1] - rows[0], columns[1] - columns[0])
        top, bottom = max(rows[0], self.top), min(rows[1], self.top + SIDE)
        left, right = max(columns[0], self.left), min(columns[1], self.left + SIDE)
        if top < bottom and left < right:
            result[:, top - rows[0] : bottom - rows[0], left - columns[0] : right - columns[0]] = self.layers[
                :, top - self.top : bottom - self.top, left - self.left : right - self.left
            ]
        return result


@torch.inference_mode()
def surroundings(
    stroke: Stroke, plane: WorkingPlane, network: UNet, thresholds: tuple[float, ...], device: Device
) -> Surroundings:
    """Return what a network finds around a new stroke that has not been learnt yet.

    It counts where the network is sure, within the plane, and where the stroke does not say that it is wrong:
    neither in an object that the stroke contradicts nor, close to it, in what is found as the stroke's pixels
    were.
    """
    row, column = stroke.centre
    top, left = row - SIDE // 2, column - SIDE // 2
    pixels = plane.pixels((top, top + SIDE), (left, left + SIDE))[None]
    pixels = pixels.to(device.torch_device, memory_format=torch.channels_last)
    with device.autocast():
        logits = network(pixels)[:, : network.logits]
    likely = probabilities(logits.float())[0].cpu()
    counts = torch.cat([1 - likely.sum(dim=0, keepdim=True), likely]).amax(dim=0).numpy() >= SURE
    rows, columns = np.arange(top, top + SIDE), np.arange(left, left + SIDE)
    counts[(rows < 0) | (rows >= plane.height)] = False
    counts[:, (columns < 0) | (columns >= plane.width)] = False
    found, points = apply_thresholds(likely.numpy(), thresholds), stroke.points - np.array([top, left])
    counts &= ~doubtful(found, points, stroke.classes)
    layers = torch.cat([likely, torch.from_numpy(counts)[None]]).half()
    return Surroundings(top, left, layers)


def doubtful(
    found: NDArray[np.integer], points: NDArray[np.intp], classes: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return where what was found may be as wrong as it is below a stroke.

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
    inside = ((points >= 0) & (points < found.shape)).all(axis=1)
    points, classes = points[inside], classes[inside]
    wrong = found[points[:, 0], points[:, 1]] != classes
    points, classes = points[wrong], classes[wrong]
    objects, _ = ndimage.label(found > 0)
    numbers = np.unique(objects[points[:, 0], points[:, 1]])
    result: NDArray[np.bool_] = np.isin(objects, numbers[numbers > 0])
    for value in np.unique(classes):
        clear = np.ones(found.shape, dtype=bool)
        clear[tuple(points[classes == value].T)] = False
        result |= (ndimage.distance_transform_edt(clear) < NEAR) & (found != value)
    return result
