"""Planes as training wants them: normalised, at the working scale, with targets beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.measure import label
from torch import Tensor

from napari_cytounet.images.finite import read_finite
from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import UNLABELLED, Truth
from napari_cytounet.settings import LossSettings
from napari_cytounet.unet.border_weights import border_weights
from napari_cytounet.unet.boundary_targets import boundary_targets
from napari_cytounet.unet.resampling import axis_resampling, nearest_pixels, working_size

LEAST_LABELLED = 0.5
"""Share of a pixel that must be labelled for it to be learnt from."""


class PlaneObjects(NamedTuple):
    """What there is to learn of the single objects of a plane, at the working scale.

    Attributes
    ----------
    boundary
        (Y, X) float32: share of boundary in what is known of each pixel.
    known
        (Y, X) bool: where that is known of at least half of a pixel.
    instances
        (Y, X) int32: `UNLABELLED`, 0 background, 1 and up the objects, to score by.
    """

    boundary: Tensor
    known: Tensor
    instances: Tensor


@dataclass(frozen=True)
class TrainingPlane:
    """One labelled plane at the working scale.

    Attributes
    ----------
    name
        For messages and records.
    pixels
        (C, Y, X) float32, normalised.
    targets
        (K, Y, X) float32: share of each foreground class in what is labelled of each pixel.
    labelled
        (Y, X) bool: where at least half of a pixel is labelled.
    weights
        (Y, X) float32 weights of the cross-entropy; None where all are 1.
    source
        The image that the plane comes from: planes of one stack are alike.
    index
        Of the plane in it.
    scale
        By which the plane was resized.
    objects
        What there is to learn of single objects; None where nothing is.
    """

    name: str
    pixels: Tensor
    targets: Tensor
    labelled: Tensor
    weights: Tensor | None = None
    source: str = ""
    index: tuple[int, ...] = ()
    scale: float = 1.0
    objects: PlaneObjects | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the plane takes."""
        tensors = [self.pixels, self.targets, self.labelled]
        tensors += [] if self.weights is None else [self.weights]
        tensors += [] if self.objects is None else list(self.objects)
        return sum(tensor.nbytes for tensor in tensors)

    def sampled_bytes(self, window: int) -> int:
        """Bytes of the copy that a sampler makes, mirrored around by half a window."""
        height, width = self.labelled.shape
        layers = len(self.pixels) + len(self.targets) + 1 + (self.weights is not None)
        layers += 0 if self.objects is None else 2
        return 4 * layers * (height + window) * (width + window)

    @cached_property
    def classes(self) -> Tensor:
        """The class with the largest share, (Y, X) int16: UNLABELLED, 0 background, 1 and up."""
        share, winner = self.targets.max(dim=0)
        background = 1 - self.targets.sum(dim=0)
        classes = torch.where(share >= background, winner + 1, 0)
        return torch.where(self.labelled, classes, UNLABELLED).to(torch.int16)

    def only(self, box: tuple[slice, slice], *, outside: bool = False) -> TrainingPlane:
        """Return this plane with labels only inside a box, or only outside of it."""
        inside = torch.zeros_like(self.labelled)
        inside[box] = True
        kept = ~inside if outside else inside
        objects = self.objects
        if objects is not None:
            unlabelled = torch.full_like(objects.instances, UNLABELLED)
            objects = objects._replace(
                known=objects.known & kept, instances=torch.where(kept, objects.instances, unlabelled)
            )
        return replace(self, labelled=self.labelled & kept, objects=objects)


def training_plane(
    image: Image,
    index: tuple[int, ...],
    truth: Truth,
    *,
    class_count: int,
    normalisation: Normalisation,
    working_scale: float,
    loss: LossSettings,
    boundaries: bool = False,
) -> TrainingPlane:
    """Read a plane and bring it and its truth to the working scale.

    Pixels of the working grid that a boundary runs through keep the share of each class: taking one pixel's
    class for all would shift boundaries by up to half a pixel, and teach that.
    """
    limits = normalisation.intensity_range(image, index)
    pixels = torch.from_numpy(normalisation.apply(read_finite(image, index), limits))
    known = truth.classes != UNLABELLED
    members = np.stack([known, *(truth.classes == value for value in range(1, class_count + 1))])
    shares = _resized(torch.from_numpy(members.astype(np.float32)), working_scale)
    weights = None
    if loss.border_weight > 0:
        extra = border_weights(objects_of(truth), loss.border_weight, loss.border_sigma / working_scale)
        weights = _resized(torch.from_numpy(extra)[None], working_scale)[0]
    return TrainingPlane(
        name=image.plane_name(index),
        pixels=_resized(pixels, working_scale).contiguous(),
        targets=(shares[1:] / shares[0].clamp_min(LEAST_LABELLED)).clamp(0, 1),
        labelled=shares[0] >= LEAST_LABELLED,
        weights=weights,
        source=str(image.path or image.name),
        index=index,
        scale=working_scale,
        objects=_objects(objects_of(truth), working_scale) if boundaries else None,
    )


def objects_of(truth: Truth) -> NDArray[np.signedinteger]:
    """Return the objects of a plane: those of the mask, or else its connected pieces."""
    if truth.instances is not None:
        return truth.instances
    pieces = label(truth.classes.clip(min=0), background=0, connectivity=2)
    return np.where(truth.classes == UNLABELLED, UNLABELLED, pieces)


def _objects(instances: NDArray[np.signedinteger], scale: float) -> PlaneObjects:
    shares = _resized(
        torch.from_numpy(np.stack(boundary_targets(instances, scale)).astype(np.float32)), scale
    )
    rows, columns = (nearest_pixels(size, scale) for size in instances.shape)
    return PlaneObjects(
        boundary=(shares[0] / shares[1].clamp_min(LEAST_LABELLED)).clamp(0, 1),
        known=shares[1] >= LEAST_LABELLED,
        instances=torch.from_numpy(instances[np.ix_(rows, columns)].astype(np.int32)),
    )


def classes_held(planes: Sequence[TrainingPlane]) -> set[int]:
    """Return the classes, background included, that planes hold."""
    counts = (np.bincount(plane.classes.numpy().ravel() - UNLABELLED) for plane in planes)
    return {int(value) + UNLABELLED for found in counts for value in np.flatnonzero(found)} - {UNLABELLED}


def _resized(values: Tensor, scale: float) -> Tensor:
    """Resize (C, Y, X) to the working scale."""
    for dim in (1, 2):
        size = values.shape[dim]
        resampling = axis_resampling(size, scale, 0, working_size(size, scale))
        values = resampling.apply(values[(slice(None),) * dim + (resampling.source,)], dim)
    return values
