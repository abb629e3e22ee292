"""Scores on images that nobody paints in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_cytounet.images.image import Image
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.measurement.object_scores import object_counts, object_scores
from napari_cytounet.measurement.pixel_scores import pixel_counts, pixel_scores
from napari_cytounet.segmentation.instances import label_objects
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.prediction import predict_plane


@dataclass(frozen=True)
class UntouchedScores:
    """Dice of each class, pooled over all pixels, and average precision of objects at IoU 0.5."""

    dice: tuple[float, ...]
    precision: float


class UntouchedImages:
    """Images and masks to score versions on.

    Parameters
    ----------
    pairs
        Images and their masks.
    reading
        What the masks mean.
    card
        Of the model.
    device
        Where to compute.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Image, Image]],
        reading: MaskReading,
        card: ModelCard,
        device: DeviceSettings,
    ) -> None:
        self._pairs = pairs
        self._reading = reading
        self._card = card
        self._device = device

    def score(self, network: UNet) -> UntouchedScores:
        """Score a version."""
        model = Model(network, self._card)
        classes = len(self._card.classes)
        pixels = np.zeros((classes, 4))
        objects = np.zeros((1, 4))
        for image, mask in self._pairs:
            for index in image.planes:
                truth = self._reading.read(mask, index)
                if truth is None:
                    continue
                likely = predict_plane(model, image, index, device=self._device)
                found = apply_thresholds(likely, self._card.thresholds)
                pixels += pixel_counts(found, truth.classes, classes)
                true_objects = truth.instances
                if true_objects is None:
                    true_objects = label_objects(truth.classes.clip(min=0))
                objects += object_counts(label_objects(found), true_objects, thresholds=[0.5])
        dice = pixel_scores(pixels).dice
        return UntouchedScores(
            tuple(float(value) for value in dice), float(object_scores(objects).average_precision[0])
        )
