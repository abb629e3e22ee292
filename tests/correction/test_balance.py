"""What corrections move how much is found of each class by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.balance import KEPT, MOST, MOVE, balance, move_logits
from napari_cytounet.correction.strokes import Stroke
from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.network import UNet, probabilities


def _stroke(*held: int, before: float | None = 0.0) -> Stroke:
    return Stroke(1, PlaneKey(0), np.zeros((1, 2), np.intp), np.array([held[0]]), held, 0, before=before)


def test_a_class_that_was_missed_gains_and_the_others_lose() -> None:
    assert balance([_stroke(2)], 2).tolist() == [-MOVE, -MOVE, MOVE]
    assert balance([_stroke(0, 2)], 2).tolist() == [MOVE, -MOVE, MOVE]


def test_the_more_was_found_the_less_is_moved_and_nothing_where_none_was_judged() -> None:
    assert balance([_stroke(1, before=0.75)], 1).tolist() == pytest.approx([-MOVE / 4, MOVE / 4])
    for before in (1.0, None):
        assert balance([_stroke(1, before=before)], 1).tolist() == [0, 0]


def test_corrections_the_other_way_take_it_back_and_others_let_it_fade() -> None:
    assert balance([_stroke(1), _stroke(0)], 1).tolist() == pytest.approx(
        [MOVE - KEPT * MOVE, KEPT * MOVE - MOVE]
    )
    found = [_stroke(1, before=1.0)] * 10
    assert balance([_stroke(1), *found], 1).tolist() == pytest.approx([-MOVE * KEPT**10, MOVE * KEPT**10])
    assert balance([_stroke(1), _stroke(1, before=None)], 1).tolist() == [-MOVE, MOVE]


def test_it_is_bounded_and_turns_at_once() -> None:
    many = [_stroke(1)] * 100
    assert balance(many, 1).tolist() == [-MOST, MOST]
    after = KEPT * MOST - MOVE
    assert balance([*many, _stroke(0)], 1).tolist() == pytest.approx([-after, after])


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("stem", ["plain", "unshuffle"])
def test_the_odds_of_each_class_against_background_change_by_just_as_much(classes: int, stem: str) -> None:
    torch.manual_seed(0)
    settings = NetworkSettings.model_validate({"base_width": 4, "depth": 1, "stem": stem})
    network = UNet(channels=1, classes=classes, settings=settings).eval()
    image = torch.randn(1, 1, 32, 32)
    logits = np.linspace(-0.5, 0.7, classes + 1)
    with torch.inference_mode():
        before = _odds(network, image)
        move_logits(network, logits)
        after = _odds(network, image)
    for number in range(classes):
        expected = before[:, number] + float(logits[number + 1] - logits[0])
        torch.testing.assert_close(after[:, number], expected, rtol=1e-4, atol=1e-4)


def _odds(network: UNet, image: torch.Tensor) -> torch.Tensor:
    likely = probabilities(network(image)[:, : network.logits]).double()
    return torch.log(likely / (1 - likely.sum(dim=1, keepdim=True)))
