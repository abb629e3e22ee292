"""Drawing training patches: some centred on an object, the others anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.settings import AugmentationSettings, TrainingSettings
from napari_cytounet.unet.augmentation import Augmentation
from napari_cytounet.unet.planes import LEAST_LABELLED, TrainingPlane

CENTRES = 100_000
"""Most pixels of a class that are remembered as possible centres of a patch, for each plane."""


@dataclass(frozen=True)
class Batch:
    """Patches of one training step.

    Attributes
    ----------
    image
        (N, C, P, P) float32.
    targets
        (N, K, P, P) float32: share of each class in each pixel.
    labelled
        (N, P, P) bool.
    weights
        (N, P, P) float32, or None.
    boundary
        (N, P, P) float32: share of boundary in each pixel, or None.
    boundary_known
        (N, P, P) bool: where that is known, or None.
    """

    image: Tensor
    targets: Tensor
    labelled: Tensor
    weights: Tensor | None
    boundary: Tensor | None = None
    boundary_known: Tensor | None = None


class Sampler:
    """Draws batches of varied patches.

    Parameters
    ----------
    planes
        What to draw from; planes are drawn in proportion to their labelled pixels.
    training, augmentation
        Size and number of patches, share of patches on objects, and their variation.
    device
        Where the planes are kept and the patches are made.

    Attributes
    ----------
    batch_size
        Patches of the next batch; may be changed.

    Notes
    -----
    A patch on an object is centred on a pixel of a class drawn first, so that rare classes are seen as often
    as common ones.
    """

    def __init__(
        self,
        planes: Sequence[TrainingPlane],
        training: TrainingSettings,
        augmentation: AugmentationSettings,
        device: torch.device,
    ) -> None:
        self.batch_size = training.batch_size
        self._object_patches = training.object_patches
        self._augment = Augmentation(augmentation, training.patch_size)
        self._numbers = np.random.default_rng(training.seed)
        self._variations = torch.Generator().manual_seed(training.seed)
        self._centres = [_centres_by_class(plane) for plane in planes]
        labelled = np.array([int(plane.labelled.sum()) for plane in planes], dtype=np.float64)
        self._share = labelled / labelled.sum()
        self._channels = len(planes[0].pixels)
        self._classes = len(planes[0].targets)
        self._weighted = any(plane.weights is not None for plane in planes)
        self._boundaries = planes[0].objects is not None
        margin = self._augment.window_size // 2
        self._windows = [_stacked(plane, margin, self._weighted).to(device) for plane in planes]

    def draw(self) -> Batch:
        """Return the next batch."""
        chosen = self._numbers.choice(len(self._windows), size=self.batch_size, p=self._share)
        windows = torch.stack([self._window(plane) for plane in chosen])
        image, target = self._augment(windows, self._channels, self._variations)
        # Targets were mixed with the zeros of unlabelled neighbours: divide by the labelled share of the mix.
        share = target[:, self._classes]
        targets = (target[:, : self._classes] / share.clamp_min(LEAST_LABELLED)[:, None]).clamp(0, 1)
        weights = target[:, -1] if self._weighted else None
        if not self._boundaries:
            return Batch(image, targets, share >= LEAST_LABELLED, weights)
        boundary, known = target[:, self._classes + 1], target[:, self._classes + 2]
        boundary = (boundary / known.clamp_min(LEAST_LABELLED)).clamp(0, 1)
        return Batch(image, targets, share >= LEAST_LABELLED, weights, boundary, known >= LEAST_LABELLED)

    def state(self) -> dict[str, Any]:
        """Return the state of the random numbers, ready for JSON."""
        return {
            "numbers": self._numbers.bit_generator.state,
            "variations": self._variations.get_state().numpy().tobytes().hex(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._numbers.bit_generator.state = state["numbers"]
        variations = np.frombuffer(bytes.fromhex(state["variations"]), dtype=np.uint8)
        self._variations.set_state(torch.from_numpy(variations.copy()))

    def _window(self, plane: int) -> Tensor:
        stack, centres = self._windows[plane], self._centres[plane]
        size = self._augment.window_size
        if centres and self._numbers.random() < self._object_patches:
            of_class = centres[int(self._numbers.integers(len(centres)))]
            row, column = of_class[int(self._numbers.integers(len(of_class)))]
        else:
            row = self._numbers.integers(stack.shape[1] - size + 1)
            column = self._numbers.integers(stack.shape[2] - size + 1)
        return stack[:, row : row + size, column : column + size]


def _centres_by_class(plane: TrainingPlane) -> list[NDArray[np.int32]]:
    """Return (pixels, 2) of each foreground class that the plane holds."""
    classes = plane.classes.numpy()
    found = []
    for value in np.unique(classes[classes > 0]):
        centres = np.argwhere(classes == value).astype(np.int32)
        found.append(centres[:: -(-len(centres) // CENTRES)])
    return found


def _stacked(plane: TrainingPlane, margin: int, weighted: bool) -> Tensor:
    """All that is sampled of a plane as one (C, Y, X) float stack, mirrored around by half a window.

    Pixels, targets, labelled, boundary, where that is known, and weights.

    A window cut at (row, column) of it is centred on that pixel of the plane. Labels in the mirrored margin
    are unknown, lest edges be learnt twice.
    """
    pixels = np.pad(plane.pixels.numpy(), ((0, 0), (margin, margin), (margin, margin)), mode="symmetric")
    known = plane.labelled[None].float()
    parts = [torch.from_numpy(pixels), F.pad(torch.cat([plane.targets * known, known]), (margin,) * 4)]
    if plane.objects is not None:
        sure = plane.objects.known.float()
        parts.append(F.pad(torch.stack([plane.objects.boundary * sure, sure]), (margin,) * 4))
    if weighted:
        weights = torch.ones_like(plane.pixels[0]) if plane.weights is None else plane.weights
        parts.append(F.pad(weights[None], (margin,) * 4))
    return torch.cat(parts)
