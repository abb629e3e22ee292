"""Planes as training wants them: normalised, at the working scale, with targets beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import UNLABELLED, Truth
from napari_cytounet.settings import LossSettings
from napari_cytounet.unet.border_weights import border_weights
from napari_cytounet.unet.resampling import axis_resampling, nearest_pixels, working_size


@dataclass(frozen=True)
class TrainingPlane:
    """One labelled plane at the working scale.

    Attributes
    ----------
    name
        For messages and records.
    pixels
        (C, Y, X) float32, normalised.
    classes
        (Y, X) int8: UNLABELLED, 0 background, 1 and up the classes.
    weights
        (Y, X) float32 weights of the cross-entropy; None where all are 1.
    """

    name: str
    pixels: Tensor
    classes: Tensor
    weights: Tensor | None = None

    def only(self, box: tuple[slice, slice], *, outside: bool = False) -> TrainingPlane:
        """Return this plane with labels only inside a box, or only outside of it."""
        inside = torch.zeros(self.classes.shape, dtype=torch.bool)
        inside[box] = True
        kept = ~inside if outside else inside
        return replace(self, classes=torch.where(kept, self.classes, UNLABELLED))


def training_plane(
    image: Image,
    index: tuple[int, ...],
    truth: Truth,
    *,
    normalisation: Normalisation,
    working_scale: float,
    loss: LossSettings,
) -> TrainingPlane:
    """Read a plane and bring it and its truth to the working scale."""
    limits = normalisation.intensity_range(image, index)
    pixels = torch.from_numpy(normalisation.apply(image.read(index), limits))
    for dim, size in ((1, image.height), (2, image.width)):
        resampling = axis_resampling(size, working_scale, 0, working_size(size, working_scale))
        pixels = resampling.apply(pixels[(slice(None),) * dim + (resampling.source,)], dim)
    weights = None
    if loss.border_weight > 0 and truth.instances is not None:
        instances = _resized_labels(truth.instances, working_scale)
        weights = torch.from_numpy(border_weights(instances, loss.border_weight, loss.border_sigma))
    return TrainingPlane(
        name=image.plane_name(index),
        pixels=pixels.contiguous(),
        classes=torch.from_numpy(_resized_labels(truth.classes, working_scale).astype(np.int8)),
        weights=weights,
    )


def _resized_labels(labels: NDArray[np.signedinteger], scale: float) -> NDArray[np.signedinteger]:
    if scale == 1:
        return labels
    rows, columns = (nearest_pixels(size, scale) for size in labels.shape)
    return labels[np.ix_(rows, columns)]
