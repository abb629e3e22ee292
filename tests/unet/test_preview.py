"""The part of a plane that shows how a training gets on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet import preview
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.preview import choose_part, predict_part

CPU = choose_device(DeviceSettings(device="cpu", threads=1))


def _plane(height: int, width: int, labelled: tuple[slice, slice]) -> TrainingPlane:
    known = torch.zeros(height, width, dtype=torch.bool)
    known[labelled] = True
    return TrainingPlane("plane", torch.rand(1, height, width), torch.ones(1, height, width), known)


def test_it_is_in_the_plane_with_the_most_foreground(planes: Sequence[TrainingPlane]) -> None:
    counts = [int((plane.classes > 0).sum()) for plane in planes]
    part = choose_part(planes, stride=8)
    assert part.plane is planes[counts.index(max(counts))]
    assert (part.rows, part.columns) == ((0, 80), (0, 80))


@pytest.mark.parametrize(
    ("labelled", "rows", "columns"),
    [
        ((slice(600, 700), slice(0, 10)), (392, 904), (0, 512)),
        ((slice(990, 1000), slice(190, 200)), (488, 1000), (0, 512)),
        ((slice(0, 0), slice(0, 0)), (240, 752), (40, 552)),
    ],
    ids=["middle", "corner", "nothing"],
)
def test_it_lies_around_what_is_labelled(
    labelled: tuple[slice, slice], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    part = choose_part([_plane(1000, 600, labelled)], stride=8)
    assert (part.rows, part.columns) == (rows, columns)
    assert part.rows[0] % 8 == part.columns[0] % 8 == 0


def test_it_is_what_the_network_says_there(
    trained: Model, planes: Sequence[TrainingPlane], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = predict_part(trained.network, choose_part(planes[:1], 8), CPU)
    assert (whole.shape, whole.dtype) == ((1, 80, 80), np.uint8)
    assert whole.min() < 50
    assert whole.max() > 200
    monkeypatch.setattr(preview, "SIDE", 40)
    some = planes[0].only((slice(20, 60), slice(20, 60)))
    part = choose_part([replace(some, name="some")], 8)
    assert (part.rows, part.columns) == ((16, 56), (16, 56))
    found = predict_part(trained.network, part, CPU)
    np.testing.assert_allclose(found, whole[:, 16:56, 16:56], atol=2)
