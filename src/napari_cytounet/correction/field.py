"""What a version finds in a field of an image, in the image's own pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box
from napari_cytounet.correction.judging import found_classes
from napari_cytounet.correction.places import Place, predict_place
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.network import UNet


def box_of(place: Place, plane: WorkingPlane) -> Box:
    """Return the pixels of the image that a place covers."""
    top, left = int(place.top / plane.scale), int(place.left / plane.scale)
    return Box(
        top,
        left,
        min(plane.image.height, round((place.top + place.height) / plane.scale)),
        min(plane.image.width, round((place.left + place.width) / plane.scale)),
    )


def found_at(
    network: UNet, plane: WorkingPlane, place: Place, box: Box, training: CorrectionTraining
) -> NDArray[np.intp]:
    """Return the class of each pixel of a box, (Y, X), from what is found in the place that holds it."""
    likely = predict_place(for_inference(network, training.device), plane, place, training)
    found = found_classes(likely, training.card.thresholds)
    rows = _nearest(box.top, box.bottom, plane.scale, place.top, place.height)
    columns = _nearest(box.left, box.right, plane.scale, place.left, place.width)
    nearest: NDArray[np.intp] = found[np.ix_(rows, columns)]
    return nearest


def _nearest(start: int, stop: int, scale: float, first: int, count: int) -> NDArray[np.intp]:
    """Return the working pixel under the centre of each pixel, counted from the first of a place."""
    under = ((np.arange(start, stop) + 0.5) * scale).astype(np.intp) - first
    return np.clip(under, 0, count - 1)
