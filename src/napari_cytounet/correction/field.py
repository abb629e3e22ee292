"""What a version finds in a field of an image, in the image's own pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box, Values
from napari_cytounet.correction.latest_versions import Learnt
from napari_cytounet.correction.places import Place, predict_place
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.settings import PredictionSettings
from napari_cytounet.unet.inference import for_inference, predict_box
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.prediction import halo_width
from napari_cytounet.unet.resampling import axis_resampling


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
    network: UNet, plane: WorkingPlane, place: Place, box: Box, training: Learnt
) -> NDArray[np.intp]:
    """Return the class of each pixel of a box, (Y, X), from what is found in the place that holds it."""
    likely = predict_place(for_inference(network, training.device), plane, place, training)
    found = apply_thresholds(likely, training.card.thresholds)
    rows = _nearest(box.top, box.bottom, plane.scale, place.top, place.height)
    columns = _nearest(box.left, box.right, plane.scale, place.left, place.width)
    nearest: NDArray[np.intp] = found[np.ix_(rows, columns)]
    return nearest


def classes_in(network: UNet, plane: WorkingPlane, box: Box, learnt: Learnt) -> Values:
    """Return the class of each pixel of a box as a prediction of the whole plane finds it.

    Parameters
    ----------
    network
        From `for_inference`.
    plane, box
        Where.
    learnt
        Thresholds and device.

    Returns
    -------
    NDArray[np.uint8]
        (Y, X); 0 background, 1 and up the classes.
    """
    down = axis_resampling(plane.height, 1 / plane.scale, box.top, box.bottom)
    across = axis_resampling(plane.width, 1 / plane.scale, box.left, box.right)
    rows, columns = down.source, across.source
    # Boxes begin at multiples of the stride: so what is found does not depend on where the field begins.
    top, left = rows.start - rows.start % network.stride, columns.start - columns.start % network.stride
    likely = predict_box(
        network,
        plane.pixels,
        (top, rows.stop),
        (left, columns.stop),
        halo=halo_width(network, PredictionSettings()),
        device=learnt.device,
    )
    working = likely[: network.classes, rows.start - top :, columns.start - left :]
    own = across.apply(down.apply(working, 1), 2).numpy()
    return apply_thresholds(own, learnt.card.thresholds).astype(np.uint8)


def _nearest(start: int, stop: int, scale: float, first: int, count: int) -> NDArray[np.intp]:
    """Return the working pixel under the centre of each pixel, counted from the first of a place."""
    under = ((np.arange(start, stop) + 0.5) * scale).astype(np.intp) - first
    return np.clip(under, 0, count - 1)
