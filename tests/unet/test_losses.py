"""Losses against a plain reference in numpy; what nobody labelled counts for nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_cytounet.settings import LossSettings
from napari_cytounet.unet.losses import segmentation_loss

LOSSES = ("cross_entropy", "dice", "cross_entropy+dice")


def _settings(loss: str) -> LossSettings:
    return LossSettings(loss=loss)  # type: ignore[arg-type]


def _batch(classes: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return logits, shares of the classes, what is labelled, and weights."""
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 1 if classes == 1 else classes + 1, 9, 11, generator=random) * 3
    shares = torch.softmax(torch.randn(2, classes + 1, 9, 11, generator=random) * 4, dim=1)[:, 1:]
    labelled = torch.rand(2, 9, 11, generator=random) > 0.3
    return logits, shares, labelled, 1 + torch.rand(2, 9, 11, generator=random) * 5


def _reference(
    logits: Tensor, targets: Tensor, labelled: Tensor, loss: str, weights: Tensor | None = None
) -> float:
    known = labelled.numpy()
    values: NDArray[np.float64] = logits.numpy().astype(np.float64).transpose(0, 2, 3, 1)[known]
    truth: NDArray[np.float64] = targets.numpy().astype(np.float64).transpose(0, 2, 3, 1)[known]
    if values.shape[1] == 1:
        values = np.concatenate([np.zeros_like(values), values], axis=1)
    likely = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    everything = np.concatenate([1 - truth.sum(axis=1, keepdims=True), truth], axis=1)
    entropy = -(everything * np.log(likely)).sum(axis=1)
    total = 0.0
    if "cross_entropy" in loss:
        total += np.average(entropy, weights=None if weights is None else weights.numpy()[known])
    if "dice" in loss:
        dice = [
            (2 * (likely[:, k + 1] * truth[:, k]).sum() + 1)
            / (likely[:, k + 1].sum() + truth[:, k].sum() + 1)
            for k in range(truth.shape[1])
            if truth[:, k].any()
        ]
        total += 1 - float(np.mean(dice)) if dice else 0.0
    return total


@pytest.mark.parametrize(("loss", "classes"), list(itertools.product(LOSSES, (1, 2, 4))))
def test_the_loss_equals_the_reference(loss: str, classes: int) -> None:
    logits, targets, labelled, weights = _batch(classes)
    for given in (None, weights):
        found = segmentation_loss(logits, targets, labelled, _settings(loss), given).item()
        assert found == pytest.approx(_reference(logits, targets, labelled, loss, given), rel=1e-5)


@pytest.mark.parametrize(("loss", "classes"), list(itertools.product(LOSSES, (1, 3))))
def test_hard_classes_are_a_case_of_shares(loss: str, classes: int) -> None:
    logits, targets, labelled, _ = _batch(classes)
    hard = (targets == targets.amax(dim=1, keepdim=True)).float()
    found = segmentation_loss(logits, hard, labelled, _settings(loss)).item()
    assert found == pytest.approx(_reference(logits, hard, labelled, loss), rel=1e-5)


@pytest.mark.parametrize(("loss", "classes"), list(itertools.product(LOSSES, (1, 3))))
def test_pixels_without_a_label_carry_neither_loss_nor_gradient(loss: str, classes: int) -> None:
    logits, targets, labelled, weights = _batch(classes)
    unknown = ~labelled[:, None]
    other_logits = torch.where(unknown, logits * -7 + 100, logits).requires_grad_()
    other_targets = torch.where(unknown, 1 - targets, targets)
    other_weights = torch.where(labelled, weights, 1000)
    plain = segmentation_loss(logits, targets, labelled, _settings(loss), weights)
    other = segmentation_loss(other_logits, other_targets, labelled, _settings(loss), other_weights)
    assert other.item() == plain.item()
    other.backward()  # type: ignore[no-untyped-call]
    assert other_logits.grad is not None
    per_pixel = other_logits.grad.abs().sum(dim=1)
    assert (per_pixel[~labelled] == 0).all()
    assert (per_pixel[labelled] > 0).any()


@pytest.mark.parametrize(("loss", "classes"), list(itertools.product(LOSSES, (1, 3))))
def test_a_batch_without_labels_has_no_loss_and_no_gradient(loss: str, classes: int) -> None:
    logits, targets, labelled, weights = _batch(classes)
    logits.requires_grad_()
    found = segmentation_loss(logits, targets, torch.zeros_like(labelled), _settings(loss), weights)
    found.backward()  # type: ignore[no-untyped-call]
    assert found.item() == 0
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_dice_leaves_out_a_class_that_the_batch_does_not_hold() -> None:
    logits, targets, labelled, _ = _batch(3)
    targets[:, 1] = 0
    logits.requires_grad_()
    found = segmentation_loss(logits, targets, labelled, _settings("dice"))
    assert found.item() == pytest.approx(_reference(logits.detach(), targets, labelled, "dice"), rel=1e-5)
    only_background = segmentation_loss(logits, targets * 0, labelled, _settings("dice"))
    only_background.backward()  # type: ignore[no-untyped-call]
    assert only_background.item() == 0
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_logits_of_16_bits_lose_nothing_in_the_sums() -> None:
    logits, targets, labelled, _ = _batch(1)
    half = logits.to(torch.bfloat16)
    found = segmentation_loss(half, targets, labelled, LossSettings())
    assert found.dtype == torch.float32
    assert found.item() == segmentation_loss(half.float(), targets, labelled, LossSettings()).item()
