"""The network that learns from strokes: one step at a time, and its running averages that are shown."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from napari_cytounet.correction.boundaries import boundary_lesson
from napari_cytounet.settings import (
    AugmentationSettings,
    CorrectionSettings,
    LossSettings,
    OptimiserSettings,
)
from napari_cytounet.unet.augmentation import Augmentation
from napari_cytounet.unet.averaging import RunningAverage, restore_statistics
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.inference import for_inference
from napari_cytounet.unet.losses import segmentation_loss
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.optimisers import build_optimiser

AUGMENTATION = AugmentationSettings()
LOSS = LossSettings()
CLIP = 1.0
PREFERENCE = 2.0
"""Logit by which a new network prefers background."""

SMOOTHING = 0.1
"""Share of each painted pixel that is taught as any class (label smoothing: Szegedy et al. 2016).

So few pixels are learnt by heart otherwise, and of what is like none of them the network is as sure. With
several classes it did harm, and is left out there (`benchmarks/README.md`).
"""

RETENTION = 0.5
"""Weight of what was found around strokes when they were new, beside what is painted: see `surroundings`."""

RETENTION_LOSS = LossSettings(loss="cross_entropy")

STEADIER = 4.0
"""How many times as many steps the steadier of two running averages goes back."""

LEAST_PAINTED = 0.25
"""Share of a working pixel that must be painted for it to be learnt from: strokes may be thin."""


class Learner:
    """A network that learns from windows, some of them painted.

    Parameters
    ----------
    network
        Where to start from.
    settings
        Rates, and how large patches are.
    device
        Where to compute.

    Attributes
    ----------
    window
        Side of the windows that `step` takes.
    """

    def __init__(self, network: UNet, settings: CorrectionSettings, device: Device) -> None:
        self._settings = settings
        self.device = device
        # What it knows of boundaries before strokes change it: they say little of where objects end.
        self._before = for_inference(network, device) if network.boundaries else None
        self.network = device.place(network).train()
        self.averaged = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self._average = RunningAverage(self.averaged, self.network)
        self._steady = copy.deepcopy(self.averaged)
        self._steady_average = RunningAverage(self._steady, self.network)
        self._optimiser = build_optimiser(self.network, OptimiserSettings())
        self._augment = Augmentation(AUGMENTATION, settings.patch_size)
        self.window = self._augment.window_size
        self._variations = torch.Generator().manual_seed(settings.seed)
        self._steps = 0

    def step(self, painted: Tensor, free: Tensor, rate: float, class_weights: Tensor) -> float:
        """Take one step and return the loss on what is painted, NaN where the step was skipped.

        Parameters
        ----------
        painted
            (N, C + 2 (K + 1), W, W): pixels of windows around strokes; the share of each class in them and of
            what is painted at all; the probability of each class that is to be retained, and 1 where one is.
        free
            (M, C, W, W): pixels of windows from anywhere.
        rate
            Learning rate.
        class_weights
            (K + 1,): of a painted pixel in the cross-entropy, by its class, background first.
        """
        settings, channels, classes = self._settings, self.network.channels, self.network.classes
        place = self.device.torch_device
        painted = painted.to(place)
        image, target = self._augment(painted, channels, self._variations)
        target, around = target[:, : classes + 1], target[:, classes + 1 :]
        known = target[:, -1]
        labelled = known >= LEAST_PAINTED
        targets = (target[:, :-1] / known.clamp_min(LEAST_PAINTED)[:, None]).clamp(0, 1)
        if len(free):
            free = free.to(place)
            patches, _ = self._augment(free, channels, self._variations)
            image = torch.cat([image, patches])
        image = image.contiguous(memory_format=torch.channels_last)
        with self.device.autocast():
            unguided = self.network.unguided(image)
        # What lies anywhere is there for the statistics of the normalisation: the filter has none.
        logits = self.network.guided(image[: len(painted)], unguided[: len(painted)])[
            :, : self.network.logits
        ]
        certain = classes > 1
        taught = targets if certain else targets * (1 - SMOOTHING) + SMOOTHING / 2
        background = 1 - targets.sum(dim=1, keepdim=True)
        shares = torch.cat([background, targets], dim=1).clamp(0, 1)
        weights = torch.einsum("nkyx,k->nyx", shares, class_weights.to(place))
        loss = segmentation_loss(logits, taught, labelled, LOSS, weights)
        retained = (around[:, -1] > 0.99) & (known == 0)  # in all pixels that one is interpolated from
        if retained.any():
            loss = loss + RETENTION * segmentation_loss(logits, around[:, :-1], retained, RETENTION_LOSS)
        if self._before is not None:
            remembered = self._boundaries_before(self._before, image)
            loss = loss + boundary_lesson(unguided[:, -1].float(), remembered, targets, labelled)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        length = nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        if not bool(torch.isfinite(length) & torch.isfinite(loss.detach())):
            restore_statistics(self.network, self.averaged)
            return math.nan
        self._optimiser.step(rate)
        self._average.update(settings.averaging, self._steps)
        self._steady_average.update(1 - (1 - settings.averaging) / STEADIER, self._steps)
        self._steps += 1
        return float(loss.detach())

    @torch.no_grad()
    def _boundaries_before(self, network: UNet, image: Tensor) -> Tensor:
        """Return how likely a boundary was in each pixel, (N, Y, X), before anything was painted."""
        with self.device.autocast():
            return torch.sigmoid(network.unguided(image)[:, -1].float())

    def candidate(self) -> UNet:
        """Return the running average as it would be shown, in evaluation mode.

        Its normalisation keeps the running statistics of the steps: taking them anew from windows of the
        images was tried, and swung the Dice by up to 0.5 from one draw of 16 windows to the next.
        """
        return copy.deepcopy(self.averaged).eval()

    def steady_candidate(self) -> UNet | None:
        """Return the running average that goes back further: it swings less, and takes strokes in later.

        None while both are the same, as in the first hundreds of steps (`averaging.EARLY`).
        """
        pairs = zip(self._steady.parameters(), self.averaged.parameters(), strict=True)
        if all(torch.equal(steady, quick) for steady, quick in pairs):
            return None
        return copy.deepcopy(self._steady).eval()


def prefer_background(network: UNet) -> None:
    """Have a new network find background everywhere at first, as most of an image is."""
    if network.head.bias is None:
        raise ValueError("the head of the network has no bias")
    with torch.no_grad():
        if network.classes == 1:
            network.head.bias.fill_(-PREFERENCE)
        else:
            network.head.bias[: network.fold**2] = PREFERENCE  # the first of the classes is background
