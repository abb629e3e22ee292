"""A step of learning: from what is painted alone, the same for the same seed, and never to nonsense."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from napari_cytounet.correction import learner as room
from napari_cytounet.correction.learner import Learner, prefer_background
from napari_cytounet.settings import CorrectionSettings, DeviceSettings, LossSettings, NetworkSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.network import UNet, probabilities

EVEN = torch.ones(2)
"""No class weighs more than the other."""


def _learner(settings: CorrectionSettings, *, classes: int = 1) -> Learner:
    torch.manual_seed(0)
    network = UNet(channels=1, classes=classes, settings=settings.network)
    return Learner(network, settings, choose_device(DeviceSettings(device="cpu", threads=1)))


def _windows(learner: Learner, *, classes: int = 1) -> tuple[Tensor, Tensor]:
    """Windows with a painted square in the middle, and windows from anywhere."""
    random = torch.Generator().manual_seed(1)
    side = learner.window
    painted = torch.zeros(3, 1 + 2 * (classes + 1), side, side)
    painted[:, :1] = torch.rand(3, 1, side, side, generator=random)
    middle = slice(side // 2 - 6, side // 2 + 6)
    painted[:, 1 + classes, middle, middle] = 1
    painted[0, 1, middle, middle] = 1
    return painted, torch.rand(2, 1, side, side, generator=random)


@dataclass(frozen=True)
class Taught:
    """What the loss was asked for."""

    logits: Tensor
    targets: Tensor
    labelled: Tensor
    weights: Tensor | None


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> list[Taught]:
    """Return a list that every call of the loss is added to; the gradient of its logits is kept."""
    calls: list[Taught] = []

    def spied(
        logits: Tensor,
        targets: Tensor,
        labelled: Tensor,
        settings: LossSettings,
        weights: Tensor | None = None,
    ) -> Tensor:
        logits.retain_grad()
        calls.append(Taught(logits, targets, labelled, weights))
        return loss(logits, targets, labelled, settings, weights)

    loss = room.segmentation_loss
    monkeypatch.setattr(room, "segmentation_loss", spied)
    return calls


@pytest.mark.parametrize("classes", [1, 2])
def test_nothing_is_learnt_from_what_is_not_painted(
    settings: CorrectionSettings, classes: int, taught: list[Taught]
) -> None:
    learner = _learner(settings, classes=classes)
    painted, free = _windows(learner, classes=classes)
    learner.step(painted, free, 0.01, torch.ones(classes + 1))
    (only,) = taught
    labelled = only.labelled
    assert only.logits.grad is not None
    gradient = only.logits.grad.abs().sum(dim=1)
    assert gradient.shape == labelled.shape == (3, settings.patch_size, settings.patch_size)
    assert (gradient[~labelled] == 0).all()
    assert (gradient[labelled] > 0).all()
    assert 0 < labelled.float().mean() < 0.5


@pytest.mark.parametrize("classes", [1, 2])
def test_what_is_retained_is_taught_where_nothing_is_painted(
    settings: CorrectionSettings, classes: int, taught: list[Taught]
) -> None:
    learner = _learner(settings, classes=classes)
    painted, free = _windows(learner, classes=classes)
    middle = learner.window // 2
    painted[1, -2, middle - 30 : middle + 30] = 0.75  # what is painted lies in it
    painted[1, -1, middle - 30 : middle + 30] = 1
    learner.step(painted, free, 0.01, torch.ones(classes + 1))
    painted_ones, retained = taught
    assert retained.labelled.any(dim=(1, 2)).tolist() == [False, True, False]
    assert painted_ones.labelled[1].any()
    assert not (retained.labelled & painted_ones.labelled).any()
    assert torch.allclose(retained.targets[1, -1][retained.labelled[1]], torch.tensor(0.75))


@pytest.mark.parametrize(("classes", "painted_class", "other"), [(1, 0.95, 0.05), (2, 1.0, 0.0)])
def test_paint_is_taught_as_certain_only_among_several_classes(
    settings: CorrectionSettings,
    classes: int,
    painted_class: float,
    other: float,
    taught: list[Taught],
) -> None:
    learner = _learner(settings, classes=classes)
    learner.step(*_windows(learner, classes=classes), 0.01, torch.ones(classes + 1))
    (only,) = taught
    targets, labelled = only.targets, only.labelled
    of_cell, of_background = targets[0, :, labelled[0]], targets[1, :, labelled[1]]
    assert of_cell[0].max().item() == pytest.approx(painted_class)
    assert of_background.max().item() == pytest.approx(other)
    if classes == 2:
        assert of_cell[1].max().item() == pytest.approx(other)


@pytest.mark.parametrize("classes", [1, 2])
def test_the_filter_is_for_what_is_painted_and_gives_there_what_it_gives_all(
    settings: CorrectionSettings, taught: list[Taught], monkeypatch: pytest.MonkeyPatch, classes: int
) -> None:
    filtered, whole = UNet.guided, UNet.unguided
    sizes: list[int] = []

    def counted(network: UNet, image: Tensor, unguided: Tensor) -> Tensor:
        sizes.append(len(image))
        return filtered(network, image, unguided)

    def step() -> None:
        torch.manual_seed(0)
        network = UNet(channels=1, classes=classes, settings=settings.network, guide=2)
        learner = Learner(network, settings, choose_device(DeviceSettings(device="cpu", threads=1)))
        weights = torch.ones(classes + 1)
        learner.step(*_windows(learner, classes=classes), rate=1e-3, class_weights=weights)

    monkeypatch.setattr(UNet, "guided", counted)
    step()
    monkeypatch.setattr(
        UNet, "unguided", lambda network, image: filtered(network, image, whole(network, image))
    )
    monkeypatch.setattr(UNet, "guided", lambda network, image, unguided: unguided)
    step()
    ours, of_all = taught
    assert sizes == [3]
    torch.testing.assert_close(ours.logits, of_all.logits)
    torch.testing.assert_close(ours.logits.grad, of_all.logits.grad)


@pytest.mark.parametrize("classes", [1, 2])
def test_a_pixel_weighs_as_much_as_its_class(
    settings: CorrectionSettings, classes: int, taught: list[Taught]
) -> None:
    learner = _learner(settings, classes=classes)
    learner.step(*_windows(learner, classes=classes), 0.01, torch.arange(2.0, 3.0 + classes))
    (only,) = taught
    labelled, weights = only.labelled, only.weights
    assert weights is not None
    assert weights[0][labelled[0]].max().item() == pytest.approx(3)  # there is class 1 in the middle
    assert weights[1][labelled[1]].unique().tolist() == pytest.approx([2])  # and background only


def test_the_same_seed_gives_the_same_weights(settings: CorrectionSettings) -> None:
    learners = [_learner(settings.model_copy(update={"seed": seed})) for seed in (3, 3, 4)]
    for learner in learners:
        for _ in range(3):
            learner.step(*_windows(learner), 0.01, EVEN)
    first, second, other = (learner.averaged.state_dict() for learner in learners)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_step_that_is_not_finite_changes_nothing(settings: CorrectionSettings) -> None:
    learner = _learner(settings)
    painted, free = _windows(learner)
    learner.step(painted, free, 0.01, EVEN)
    weights = copy.deepcopy([*learner.network.parameters()])
    averaged = copy.deepcopy(learner.averaged.state_dict())
    spoilt = painted.clone()
    spoilt[:, 0] = math.nan
    assert math.isnan(learner.step(spoilt, free, 0.01, EVEN))
    assert all(torch.equal(a, b) for a, b in zip(weights, learner.network.parameters(), strict=True))
    assert all(torch.equal(averaged[name], now) for name, now in learner.averaged.state_dict().items())
    assert all(buffer.isfinite().all() for buffer in learner.network.buffers())
    assert math.isfinite(learner.step(painted, free, 0.01, EVEN))


def test_without_windows_from_anywhere_it_learns_too(settings: CorrectionSettings) -> None:
    learner = _learner(settings)
    painted, free = _windows(learner)
    painted[0, 0] += 2  # what is a cell is bright
    losses = [learner.step(painted, free[:0], 0.02, EVEN) for _ in range(25)]
    assert losses[-1] < 0.6 * losses[0]


def test_a_candidate_is_the_average_and_stays_as_it_is(settings: CorrectionSettings) -> None:
    learner = _learner(settings)
    painted, free = _windows(learner)
    for _ in range(3):
        learner.step(painted, free, 0.02, EVEN)
    candidate = learner.candidate()
    before = copy.deepcopy(candidate.state_dict())
    assert not candidate.training
    assert all(torch.equal(before[name], now) for name, now in learner.averaged.state_dict().items())
    learner.step(painted, free, 0.02, EVEN)
    assert all(torch.equal(before[name], now) for name, now in candidate.state_dict().items())
    assert not torch.equal(before["head.weight"], learner.averaged.head.weight)


def test_two_running_averages_are_kept_one_of_which_goes_back_further(settings: CorrectionSettings) -> None:
    learner = _learner(settings.model_copy(update={"averaging": 0.5}))
    painted, free = _windows(learner)
    quick = steady = torch.zeros(())
    for step in range(80):
        learner.step(painted, free, 0.02, EVEN)
        weights = learner.network.head.weight.detach().clone()
        early = step / (step + 9)
        quick = weights.lerp(quick, min(0.5, early))
        steady = weights.lerp(steady, min(0.875, early))  # an eighth is new: a quarter of a half
    torch.testing.assert_close(learner.candidate().head.weight, quick)
    candidate = learner.steady_candidate()
    torch.testing.assert_close(candidate.head.weight, steady)
    assert not torch.allclose(quick, steady)
    assert not candidate.training
    learner.step(painted, free, 0.02, EVEN)
    torch.testing.assert_close(candidate.head.weight, steady)


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
def test_a_new_network_finds_background(classes: int, stem: str) -> None:
    torch.manual_seed(0)
    shape = NetworkSettings.model_validate({"base_width": 4, "depth": 2, "stem": stem})
    network = UNet(channels=1, classes=classes, settings=shape)
    prefer_background(network)
    likely = probabilities(network.eval()(torch.rand(2, 1, 64, 64)))
    assert (likely.sum(dim=1) < 0.5).float().mean() > 0.99
