"""Keeping data back: nothing is learnt from and scored on, and every class can still be learnt."""

from __future__ import annotations

import pytest
import torch

from napari_cytounet.unet.hold_out import hold_out
from napari_cytounet.unet.planes import TrainingPlane


def _plane(
    name: str = "plane", *, box: tuple[slice, slice] = (slice(4, 12), slice(5, 12)), size: int = 40
) -> TrainingPlane:
    targets = torch.zeros(1, size, size)
    targets[0][box] = 1
    return TrainingPlane(name, torch.zeros(1, size, size), targets, torch.ones(size, size, dtype=torch.bool))


def _empty(name: str = "empty") -> TrainingPlane:
    return _plane(name, box=(slice(0), slice(0)))


def test_of_many_planes_whole_ones_are_kept_back() -> None:
    planes = [_plane(f"p{n}") for n in range(20)]
    split = hold_out(planes, 0.1, seed=0)
    kept, learnt = {p.name for p in split.validation}, {p.name for p in split.training}
    assert len(kept) == 2
    assert kept | learnt == {p.name for p in planes}
    assert not kept & learnt
    assert all(name in split.description for name in kept)
    assert {p.name for p in hold_out(planes, 0.1, seed=0).validation} == kept
    assert any({p.name for p in hold_out(planes, 0.1, seed=s).validation} != kept for s in range(1, 5))


def test_planes_with_objects_are_kept_back_rather_than_empty_ones() -> None:
    planes = [_empty(f"e{n}") for n in range(10)] + [_plane(f"p{n}") for n in range(4)]
    for seed in range(5):
        (kept,) = hold_out(planes, 0.1, seed).validation
        assert kept.name.startswith("p")


@pytest.mark.parametrize("seed", range(3))
def test_the_only_plane_with_objects_is_never_kept_back_whole(seed: int) -> None:
    split = hold_out([_plane(), *(_empty(f"e{n}") for n in range(9))], 0.1, seed)
    assert any(bool((plane.classes == 1).any()) for plane in split.training)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_of_few_planes_a_strip_of_each_is_kept_back(count: int) -> None:
    planes = [_plane(f"p{n}") for n in range(count)]
    split = hold_out(planes, 0.1, seed=0)
    assert len(split.training) == len(split.validation) == count
    for plane, learnt, kept in zip(planes, split.training, split.validation, strict=True):
        assert not (learnt.labelled & kept.labelled).any()
        assert torch.equal(learnt.labelled | kept.labelled, plane.labelled)
        assert kept.labelled.float().mean() == pytest.approx(0.2, abs=0.03)
        assert (learnt.classes == 1).any()


@pytest.mark.parametrize(
    "box", [(slice(0, 1), slice(0, 1)), (slice(39, 40), slice(39, 40)), (slice(0, 40), slice(39, 40))]
)
def test_a_single_object_at_the_edge_is_learnt_from(box: tuple[slice, slice]) -> None:
    split = hold_out([_plane(box=box)], 0.1, seed=0)
    assert (split.training[0].classes == 1).any()
    assert (split.training[0].classes == 0).any()


def test_nothing_is_kept_back_where_every_label_is_needed() -> None:
    pixel = TrainingPlane(
        "1x1", torch.zeros(1, 1, 1), torch.ones(1, 1, 1), torch.ones(1, 1, dtype=torch.bool)
    )
    split = hold_out([pixel], 0.1, seed=0)
    assert split.validation == []
    assert split.training[0].labelled.all()
    assert "nothing kept back" in split.description


def test_a_share_of_0_keeps_nothing_back_and_of_nearly_1_leaves_one() -> None:
    planes = [_plane(f"p{n}") for n in range(8)]
    assert hold_out(planes, 0, seed=0).validation == []
    assert len(hold_out(planes, 0.99, seed=0).training) == 1
