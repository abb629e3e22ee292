"""The training loop."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.errors import SettingsError, TrainingError
from napari_cytounet.events import BatchDone, Event, Notice, Validated
from napari_cytounet.settings import TrainingSettings, TrainSettings
from napari_cytounet.unet.averaging import RunningAverage, restore_statistics
from napari_cytounet.unet.boundary_loss import boundary_loss
from napari_cytounet.unet.devices import Device, is_out_of_memory, out_of_memory_error
from napari_cytounet.unet.losses import segmentation_loss
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.optimisers import build_optimiser, l1_penalty
from napari_cytounet.unet.pace import Pace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.preview import PreviewPart, predict_part
from napari_cytounet.unet.sampling import Batch, Sampler
from napari_cytounet.unet.validation import SMALLER_TILE, ValidationScore, validate

MOST_SKIPPED = 20
"""Steps in a row with a loss that is not finite after which training gives up."""


@dataclass
class Best:
    """The best weights so far, by the score on the data kept back."""

    score: ValidationScore
    weights: dict[str, Tensor]
    step: int


class Training:
    """A training: what it has learnt, and where it stands.

    Parameters
    ----------
    network
        Where to start from.
    training, validation
        Planes to learn from and planes kept back (none: the last weights are the best).
    settings
        With the preset applied.
    device
        Where to compute.
    pace
        How the budget is spent.
    preview
        A part that is predicted after every validation, to be looked at.

    Attributes
    ----------
    step, seconds, began, skipped
        Steps taken; seconds since the budget began, those before a resume included; those of them before the
        first step; steps with a loss that was not finite.
    validates_next
        Whether the step just taken is followed by a validation, which belongs to it.
    best
        The best so far.
    validation
        The planes kept back.
    preview, previewed
        The part to be looked at, and what was predicted of it last: see `predict_part`.
    """

    def __init__(
        self,
        network: UNet,
        training: Sequence[TrainingPlane],
        validation: Sequence[TrainingPlane],
        *,
        settings: TrainSettings,
        device: Device,
        pace: Pace,
        preview: PreviewPart | None = None,
    ) -> None:
        _check_deepest_stage(network, settings.training)
        self._settings = settings
        self.device = device
        self._pace = pace
        self.validation = validation
        self.network = device.place(network).train()
        self.averaged = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self._average = RunningAverage(self.averaged, self.network)
        self.optimiser = build_optimiser(self.network, settings.optimiser)
        self.sampler = Sampler(training, settings.training, settings.augmentation, device.torch_device)
        self.step = 0
        self.seconds = 0.0
        self.began = 0.0
        self.skipped = 0
        self.validates_next = False
        self._skipped_in_a_row = 0
        self._batch_was_halved = False
        self.best: Best | None = None
        self.preview = preview
        self.previewed: NDArray[np.uint8] | None = None

    def run(self, cancel: threading.Event, started: float) -> Iterator[Event]:
        """Train until the budget is used up or `cancel` is set.

        The network is validated as it stands at the end; after a cancel, which is to end it at once, only
        where there is no best yet.

        Parameters
        ----------
        cancel
            Looked at before every step.
        started
            `time.perf_counter()` at which the budget began; `seconds` of an earlier run are added to it.
        """
        before = self.seconds
        if self.step == 0:
            self.began = time.perf_counter() - started
        self._pace.begin_at(self.began)
        validated = self.step if self.best else 0
        while not cancel.is_set():
            self.seconds = before + time.perf_counter() - started
            fraction = self._pace.fraction(self.step + 1, self.seconds)
            if fraction >= 1:
                break
            rate = self._pace.rate(self.step + 1, fraction)
            size = self._pace.batch_size(self.step + 1) or self.sampler.batch_size
            self.sampler.batch_size = min(size, self.sampler.batch_size)
            before_drawing = self.sampler.state()
            try:
                loss = self._one_step(rate)
            except (RuntimeError, MemoryError) as error:
                yield self._halve_batch(error)
                # Drawn anew, so that a repetition, which begins with the smaller batch, draws the same.
                self.sampler.restore(before_drawing)
                continue
            self.step += 1
            self.seconds = before + time.perf_counter() - started
            self.validates_next = self._pace.validates(self.step, self.seconds)
            used = min(1.0, self._pace.fraction(self.step + 1, self.seconds))
            yield BatchDone(self.step, loss, rate, self.seconds, used, self.sampler.batch_size)
            self._count_skipped(loss)
            if self.validates_next:
                validated = self.step
                yield self._validate()
        if self.step > validated and (self.best is None or not cancel.is_set()):
            yield self._validate()
        if self.skipped:
            yield Notice(
                f"{self.skipped} of {self.step} steps had a loss that was not finite and were skipped."
            )

    def _one_step(self, rate: float) -> float:
        """Draw a batch, follow its gradient and return its loss, NaN where the step was skipped."""
        batch = self.sampler.draw()
        with self.device.autocast():
            given = self.network(batch.image.contiguous(memory_format=torch.channels_last))
        loss = self._loss(given, batch)
        if self._settings.optimiser.l1 > 0:
            loss = loss + self._settings.optimiser.l1 * l1_penalty(self.network)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        length = torch.nn.utils.clip_grad_norm_(
            self.network.parameters(), self._settings.optimiser.gradient_clip
        )
        # The one wait of a step for the device: what follows runs there while the next batch is drawn.
        known_loss, known_length = torch.stack([loss.detach(), length]).tolist()
        if not (math.isfinite(known_loss) and math.isfinite(known_length)):
            # The forward pass has already spoilt the running statistics of the normalisation.
            restore_statistics(self.network, self.averaged)
            return math.nan
        self.optimiser.step(rate)
        self._average.update(self._settings.optimiser.averaging, self.step)
        return float(known_loss)

    def _loss(self, given: Tensor, batch: Batch) -> Tensor:
        """Return the loss of the classes, and of the boundaries where they are learnt."""
        settings, logits = self._settings, given[:, : self.network.logits]
        loss = segmentation_loss(logits, batch.targets, batch.labelled, settings.loss, batch.weights)
        if self.network.boundaries and batch.boundary is not None and batch.boundary_known is not None:
            loss = loss + boundary_loss(
                given[:, -1], batch.boundary, batch.boundary_known, settings.instances.boundary_weight
            )
        return loss

    def _count_skipped(self, loss: float) -> None:
        if math.isfinite(loss):
            self._skipped_in_a_row = 0
            return
        self.skipped += 1
        self._skipped_in_a_row += 1
        if self._skipped_in_a_row == MOST_SKIPPED:
            raise TrainingError(
                f"The loss was not finite in {MOST_SKIPPED} steps in a row (up to step {self.step}). "
                "Try a lower learning rate, such as --learning-rate 0.0005, and --mixed-precision off."
            )

    def _halve_batch(self, error: Exception) -> Notice:
        """Go on with half the batch after the first lack of memory; raise any other error."""
        if not is_out_of_memory(error):
            raise error
        size = self.sampler.batch_size
        if self._batch_was_halved or size == 1:
            raise out_of_memory_error(
                f"a batch of {size} patches", "Use a smaller --batch-size, --patch-size or --base-width."
            ) from error
        self._batch_was_halved = True
        self.sampler.batch_size = size // 2
        self.network.zero_grad()
        return Notice(f"Not enough memory for {size} patches a step: going on with {size // 2}.")

    def _score(self) -> ValidationScore:
        """Score the averaged weights; where memory does not suffice, once more in smaller tiles."""
        try:
            return validate(self.averaged, self.validation, self.device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return validate(self.averaged, self.validation, self.device, tile=SMALLER_TILE)

    def _predict_preview(self) -> NDArray[np.uint8] | None:
        """Predict the part to be looked at; where memory is short, go on without."""
        if self.preview is None:
            return None
        try:
            return predict_part(self.averaged, self.preview, self.device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _validate(self) -> Validated:
        """Score the averaged weights and keep them if they are the best so far."""
        began = time.perf_counter()
        score = self._score() if self.validation else ValidationScore(math.nan, (0.5,) * self.network.classes)
        self.previewed = self._predict_preview()
        self._pace.validation_took(time.perf_counter() - began)
        better = self.best is None or not score.quality < self.best.score.quality
        if better:
            weights = {
                name: values.detach().cpu().clone() for name, values in self.averaged.state_dict().items()
            }
            self.best = Best(score, weights, self.step)
        return Validated(self.step, self.seconds, score.dice, better, score.objects)


def _check_deepest_stage(network: UNet, training: TrainingSettings) -> None:
    """Raise a SettingsError if a whole batch is one pixel at the deepest stage: it has no spread there."""
    if training.batch_size == 1 and training.patch_size <= network.stride:
        raise SettingsError(
            f"One patch of {training.patch_size} pixels is a single pixel at the deepest stage of this "
            "network. Use a larger --patch-size or --batch-size, or a smaller --depth."
        )
