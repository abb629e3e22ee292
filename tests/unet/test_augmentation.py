"""Augmentation: nothing where all is off, image and target together, the same for a seed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from napari_cytounet.settings import AugmentationSettings
from napari_cytounet.unet.augmentation import Augmentation

OFF = AugmentationSettings(
    flip=False, rotate=False, scale=(1, 1), contrast=0, brightness=0, gamma=0, noise=0, blur=0
)


def _off_but(**settings: object) -> AugmentationSettings:
    return OFF.model_copy(update=settings)


def _seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def _varied(augmentation: Augmentation, image: Tensor, target: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    return augmentation(torch.cat([image, target], dim=1), image.shape[1], _seed(seed))


def _discs(count: int, size: int, radius: float = 5) -> Tensor:
    """Return smooth discs, off the centre so that turning and mirroring move them, (count, 1, size, size)."""
    place = torch.arange(size) - (size - 1) / 2
    distance = torch.hypot(place[:, None] - 3, place[None, :] - 6)
    return torch.sigmoid(radius - distance).repeat(count, 1, 1, 1)


@pytest.mark.parametrize("patch", [16, 17, 32, 45])
@pytest.mark.parametrize("extra", [{}, {"rotate": True, "scale": (0.5, 2.0)}])
def test_all_off_is_the_centre_of_the_window(patch: int, extra: dict[str, object]) -> None:
    window = Augmentation(_off_but(**extra), patch).window_size
    assert (window - patch) % 2 == 0
    off = Augmentation(OFF, patch)
    side = off.window_size
    image, target = torch.rand(3, 2, side, side), torch.rand(3, 4, side, side)
    got_image, got_target = _varied(off, image, target, 0)
    first = (side - patch) // 2
    centre = (..., slice(first, first + patch), slice(first, first + patch))
    torch.testing.assert_close(got_image, image[centre], rtol=0, atol=1e-5)
    torch.testing.assert_close(got_target, target[centre], rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_image_and_target_are_moved_together(seed: int) -> None:
    moved = Augmentation(_off_but(flip=True, rotate=True, scale=(0.5, 2.0)), 48)
    window = torch.rand(8, 1, moved.window_size, moved.window_size)
    image, target = _varied(moved, window, window.clone(), seed)
    assert torch.equal(image, target)


@pytest.mark.parametrize("seed", range(5))
def test_intensities_change_but_objects_stay_where_they_are(seed: int) -> None:
    augmentation = Augmentation(AugmentationSettings(), 48)
    window = _discs(8, augmentation.window_size)
    images, targets = _varied(augmentation, window, (window > 0.5).float(), seed)
    assert not torch.allclose(images, targets, atol=0.2)
    for image, target in zip(images[:, 0], targets[:, 0] > 0.5, strict=True):
        level = torch.quantile(image, 1 - target.float().mean())
        bright = image > level
        assert (bright & target).sum() / (bright | target).sum() > 0.85


def test_magnification_stays_within_its_range() -> None:
    augmentation = Augmentation(_off_but(scale=(0.5, 2.0)), 64)
    window = _discs(200, augmentation.window_size, radius=8)
    _, targets = _varied(augmentation, window, window, 0)
    factors = (targets.sum(dim=(1, 2, 3)) / window[0].sum()).sqrt()
    assert 0.48 < factors.min() < 0.6
    assert 1.7 < factors.max() < 2.02


def test_flipping_mirrors_about_half_of_the_patches() -> None:
    augmentation = Augmentation(_off_but(flip=True), 32)
    window = torch.rand(64, 1, 32, 32)
    images, _ = _varied(augmentation, window, window, 0)
    same = [torch.allclose(one, other, atol=1e-5) for one, other in zip(images, window, strict=True)]
    mirrored = [
        any(torch.allclose(one, other.flip(dim), atol=1e-5) for dim in (1, 2))
        for one, other in zip(images, window, strict=True)
    ]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 15 < sum(mirrored) < 49


def test_a_seed_gives_the_same_patches_and_another_seed_others() -> None:
    augmentation = Augmentation(AugmentationSettings(), 32)
    window = torch.rand(4, 1, augmentation.window_size, augmentation.window_size)
    first, again, other = (_varied(augmentation, window, window, n)[0] for n in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_varying_intensities_leaves_the_target_alone() -> None:
    intensity = Augmentation(AugmentationSettings(flip=False, rotate=False, scale=(1, 1)), 32)
    window = _discs(4, 32)
    images, targets = _varied(intensity, window, window.clone(), 0)
    torch.testing.assert_close(targets, window, rtol=0, atol=1e-5)
    assert not torch.allclose(images, window, atol=0.02)


def test_a_blur_wider_than_the_patch_is_possible() -> None:
    blurred = Augmentation(_off_but(blur=30.0), 16)
    window = torch.rand(2, 2, 16, 16)
    image, _ = _varied(blurred, window, window, 0)
    assert image.shape == window.shape
    assert image.std() < window.std()


def test_dark_pixels_below_zero_survive_gamma() -> None:
    augmentation = Augmentation(_off_but(gamma=0.5), 16)
    window = torch.linspace(-1, 3, 256).view(1, 1, 16, 16)
    image, _ = _varied(augmentation, window, window, 0)
    assert torch.isfinite(image).all()
    assert (image.flatten().diff() > 0).all()
