"""How large objects are in a new image: what the network finds there tells, and is looked at once more."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import PredictionError
from napari_cytounet.images.image import Image
from napari_cytounet.segmentation.seeded import label_seeds
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.fit import scale_for
from napari_cytounet.unet.inference import predict_box
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.object_calibration import REACH
from napari_cytounet.unet.prediction import PlaneReader
from napari_cytounet.unet.resampling import working_size
from napari_cytounet.unet.validation import HALO
from napari_cytounet.unet.working_scale import (
    OBJECT_PIXELS,
    SMALLEST_OBJECT,
    clipped_scale,
    typical_diameter,
)

SIDE = 256
"""Longest side of the middle of the image that is looked at, in working pixels."""

MOST_LOOKS = 3
"""How often the size is estimated, each time at the scale that the last estimate gave."""

SAME_SIZE = 1.2
"""Sizes whose ratio is below this are taken as equal."""

FEWEST_OBJECTS = 3
"""So many objects tell a size; with fewer the image may be at a scale at which nothing is found."""


def scale_of_objects(
    model: Model, image: Image, index: tuple[int, ...], *, device: Device, diameter: float | None = None
) -> float:
    """Return the factor by which a plane is resized for a model.

    Parameters
    ----------
    model
        The model.
    image, index
        The plane.
    device
        Where to compute.
    diameter
        Of typical objects, in pixels, where the user knows it.

    Returns
    -------
    float
        That of the model, by the pixel size where it is known. A model whose training images were each
        brought to the common object size begins there, and takes the one to which what it finds in
        the middle of the plane leads.

    Raises
    ------
    PredictionError
        If a diameter is given for a model that knows none.
    """
    objects = model.card.objects
    if diameter is not None:
        if objects is None or objects.diameter is None:
            raise PredictionError(
                "The model does not know how large its objects were, so that a diameter tells it nothing: it "
                "was not trained to tell objects apart. Leave --diameter out."
            )
        return clipped_scale(model.card.working_scale * objects.diameter / diameter)
    common = scale_for(model.card, image)
    if objects is None or not objects.own_scale:
        return common
    network = model.ready_on(device)

    def diameter_at(scale: float) -> float | None:
        read = PlaneReader(image, index, model.card.normalisation, scale, device.torch_device)
        box = [_middle(working_size(size, scale), network.stride) for size in (image.height, image.width)]
        predicted = predict_box(network, read, box[0], box[1], halo=HALO, device=device).cpu().numpy()
        return _diameter_in(predicted[:-1].max(axis=0) >= objects.foreground, predicted[-1] >= objects.seeds)

    # Nothing is found where objects are far larger or smaller than those that were learnt.
    for first in (common, 2 * common, common / 2):
        scale = _settled(diameter_at, clipped_scale(first))
        if scale is not None:
            return scale
    return common


def _settled(diameter_at: Callable[[float], float | None], scale: float) -> float | None:
    """Return the scale at which objects have the common size, looking anew where the last estimate leads."""
    for _ in range(MOST_LOOKS):
        found = diameter_at(scale)
        if found is None:
            return None
        ratio = OBJECT_PIXELS / found
        scale = clipped_scale(scale * ratio)
        if abs(math.log(ratio)) < math.log(SAME_SIZE):
            break
    return scale


def _diameter_in(foreground: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> float | None:
    """Return the typical diameter of the objects found, in working pixels; None where there are too few."""
    areas = np.bincount(label_seeds(seeds, foreground, REACH).ravel())[1:]
    areas = areas[areas >= SMALLEST_OBJECT]
    return typical_diameter(areas) if len(areas) >= FEWEST_OBJECTS else None


def _middle(size: int, stride: int) -> tuple[int, int]:
    start = max(0, (size - SIDE) // 2)
    start -= start % stride
    return start, min(size, start + SIDE)
