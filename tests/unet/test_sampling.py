"""Drawing patches: what is centred on objects, what is never drawn, and going on where it was."""

from __future__ import annotations

import json

import pytest
import torch

from napari_cytounet.settings import AugmentationSettings, TrainingSettings
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.sampling import Sampler

OFF = AugmentationSettings(
    flip=False, rotate=False, scale=(1, 1), contrast=0, brightness=0, gamma=0, noise=0, blur=0
)
GEOMETRY = OFF.model_copy(update={"flip": True, "rotate": True, "scale": (0.5, 2.0)})
CPU = torch.device("cpu")


def _plane(
    size: tuple[int, int] = (60, 70), *, classes: int = 1, labelled: torch.Tensor | None = None
) -> TrainingPlane:
    """Return a plane with one small square for each class; its pixels say what is labelled."""
    targets = torch.zeros(classes, *size)
    for number in range(classes):
        targets[number, 5 + 12 * number : 9 + 12 * number, 20:24] = 1
    known = torch.ones(size, dtype=torch.bool) if labelled is None else labelled
    return TrainingPlane("plane", known.float()[None], targets, known)


def _sampler(
    planes: list[TrainingPlane], settings: AugmentationSettings = OFF, **training: object
) -> Sampler:
    defaults = {"batch_size": 50, "patch_size": 16}
    return Sampler(planes, TrainingSettings.model_validate(defaults | training), settings, CPU)


@pytest.mark.parametrize("patch", [16, 17])
def test_object_patches_are_centred_on_an_object(patch: int) -> None:
    batch = _sampler([_plane()], object_patches=1, patch_size=patch).draw()
    assert batch.targets.shape == (50, 1, patch, patch)
    assert (batch.targets[:, 0, patch // 2, patch // 2] > 0.99).all()


def test_the_share_of_object_patches_is_kept() -> None:
    sampler = _sampler([_plane()], object_patches=0.6, batch_size=400)
    centred = (sampler.draw().targets[:, 0, 8, 8] > 0.5).float().mean()
    assert 0.5 < centred < 0.7
    anywhere = _sampler([_plane()], object_patches=0, batch_size=400)
    assert (anywhere.draw().targets[:, 0, 8, 8] > 0.5).float().mean() < 0.05


def test_rare_classes_are_drawn_as_often_as_common_ones() -> None:
    plane = _plane(classes=3)
    plane.targets[0, 40:60, :] = 1
    centres = _sampler([plane], object_patches=1, batch_size=600).draw().targets[:, :, 8, 8]
    assert (abs((centres > 0.5).float().mean(dim=0) - 1 / 3) < 0.08).all()


def test_draws_go_on_from_a_state_that_was_written_as_json() -> None:
    planes = [_plane(), _plane((30, 40))]
    one, other = _sampler(planes, AugmentationSettings()), _sampler(planes, AugmentationSettings(), seed=9)
    one.draw()
    state = json.loads(json.dumps(one.state()))
    expected = [one.draw() for _ in range(3)]
    other.restore(state)
    for batch in expected:
        again = other.draw()
        assert torch.equal(again.image, batch.image)
        assert torch.equal(again.targets, batch.targets)
        assert torch.equal(again.labelled, batch.labelled)


def test_a_seed_gives_the_same_batches_and_another_seed_others() -> None:
    first, again, other = (_sampler([_plane()], GEOMETRY, seed=seed).draw().targets for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_nobody_labelled_stays_so_however_it_is_turned() -> None:
    known = torch.zeros(60, 70, dtype=torch.bool)
    known[:, 15:40] = True
    batch = _sampler([_plane(labelled=known)], GEOMETRY, batch_size=100, patch_size=32).draw()
    assert batch.labelled.any()
    assert not batch.labelled.all()
    # Its pixels are 1 where it is labelled, so no labelled pixel may be darker than the boundary between.
    assert (batch.image[:, 0][batch.labelled] >= 0.5 - 1e-4).all()


def test_targets_beside_unlabelled_pixels_keep_their_value() -> None:
    known = torch.zeros(60, 70, dtype=torch.bool)
    known[5:9, 20:24] = True
    batch = _sampler([_plane(labelled=known)], GEOMETRY, batch_size=100).draw()
    inside = batch.targets[:, 0][batch.labelled]
    assert inside.numel() > 0
    assert (inside > 0.999).all()


def test_nothing_is_labelled_beyond_the_edges_of_a_plane() -> None:
    batch = _sampler([_plane((3, 1))], batch_size=20).draw()
    assert batch.labelled.sum(dim=(1, 2)).max() == 3
    assert torch.isfinite(batch.image).all()


def test_a_plane_without_labels_is_never_drawn() -> None:
    unlabelled = _plane(labelled=torch.zeros(60, 70, dtype=torch.bool))
    bright = TrainingPlane("bright", unlabelled.pixels + 100, unlabelled.targets, unlabelled.labelled)
    assert _sampler([bright, _plane()]).draw().image.max() < 50


def test_weights_are_cut_like_targets() -> None:
    plane = _plane()
    weighted = TrainingPlane(
        "weighted", plane.pixels, plane.targets, plane.labelled, 1 + 9 * plane.targets[0]
    )
    batch = _sampler([weighted, plane], GEOMETRY, object_patches=1).draw()
    assert batch.weights is not None
    assert batch.weights.max() > 5
    centre = batch.weights[batch.targets[:, 0] > 0.999]
    assert set(centre.round().tolist()) <= {1.0, 10.0}
    assert _sampler([plane]).draw().weights is None


def test_no_batch_is_a_view_of_the_planes() -> None:
    plane = _plane()
    before = plane.pixels.clone()
    batch = _sampler([plane]).draw()
    batch.image.fill_(7)
    batch.targets.fill_(7)
    assert torch.equal(plane.pixels, before)
