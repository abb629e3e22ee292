"""The loss of the boundaries: right answers cost nothing, and what is unknown costs nothing either."""

from __future__ import annotations

import torch

from napari_cytounet.unet.boundary_loss import boundary_loss

RANDOM = torch.Generator().manual_seed(0)
BOUNDARY = (torch.rand(2, 8, 9, generator=RANDOM) > 0.5).float()
KNOWN = torch.ones(2, 8, 9, dtype=torch.bool)


def test_the_right_answer_costs_nothing_and_any_other_something() -> None:
    right = torch.logit(BOUNDARY, eps=1e-6)
    assert boundary_loss(right, BOUNDARY, KNOWN, 5.0) < 0.01
    for other in (torch.zeros_like(BOUNDARY), right + 20, -right):
        assert boundary_loss(other, BOUNDARY, KNOWN, 5.0) > 0.3


def test_unknown_pixels_carry_no_loss_and_no_gradient() -> None:
    known = KNOWN.clone()
    known[:, 2:5] = False
    logits = torch.rand(BOUNDARY.shape, generator=RANDOM, requires_grad=True)
    loss = boundary_loss(logits, BOUNDARY, known, 5.0)
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[:, 2:5].any()
    changed = torch.where(known, logits.detach(), torch.tensor(99.0))
    assert torch.equal(boundary_loss(changed, BOUNDARY, known, 5.0), loss.detach())
    nothing = boundary_loss(logits, BOUNDARY, torch.zeros_like(known), 5.0)
    nothing.backward()
    assert nothing == 0


def test_a_missed_boundary_costs_more_the_more_it_weighs() -> None:
    boundary = torch.zeros(1, 1, 10)
    boundary[..., 0] = 1
    known, missed = torch.ones(1, 1, 10, dtype=torch.bool), torch.full((1, 1, 10), -3.0)
    light, heavy = (boundary_loss(missed, boundary, known, weight) for weight in (1.0, 10.0))
    assert heavy > light + 1
