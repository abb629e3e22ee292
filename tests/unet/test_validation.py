"""Scoring on what was kept back: by labelled pixels only, however the plane is cut."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.samples.synthetic import make_cells
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import DeviceSettings, LossSettings, PredictionSettings
from napari_cytounet.unet import validation
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.prediction import predict_plane
from napari_cytounet.unet.validation import validate

CPU = DeviceSettings(device="cpu", threads=1)
FIELD = make_cells("fluorescence", shape=(200, 230), count=10, seed=3)
IMAGE = Image.from_array(FIELD.image, name="field")


@pytest.fixture(scope="module")
def plane() -> TrainingPlane:
    """A plane at its own size."""
    return training_plane(
        IMAGE,
        (),
        Truth((FIELD.instances > 0).astype(np.int16), None),
        class_count=1,
        normalisation=Normalisation(),
        working_scale=1.0,
        loss=LossSettings(),
    )


def _score(model: Model, *planes: TrainingPlane) -> validation.ValidationScore:
    return validate(model.network, planes, choose_device(CPU))


def test_it_is_the_dice_of_what_prediction_would_give(trained: Model, plane: TrainingPlane) -> None:
    score = _score(trained, plane)
    (threshold,) = score.thresholds
    found = predict_plane(trained, IMAGE, settings=PredictionSettings(tile=4096), device=CPU)[0] >= threshold
    truth = FIELD.instances > 0
    assert score.dice == pytest.approx(2 * (found & truth).sum() / (found.sum() + truth.sum()), abs=2e-3)


def test_it_does_not_depend_on_tiles(
    trained: Model, plane: TrainingPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _score(trained, plane)
    monkeypatch.setattr(validation, "TILE", 64)
    assert _score(trained, plane).dice == pytest.approx(whole.dice, abs=2e-3)


def test_pixels_without_a_label_do_not_count(trained: Model, plane: TrainingPlane) -> None:
    strip = plane.only((slice(120, 200), slice(60, 230)))
    spoilt = torch.where(strip.labelled, strip.targets, 1 - strip.targets)
    other = replace(strip, targets=spoilt)
    assert _score(trained, strip) == _score(trained, other)
    assert _score(trained, strip) != _score(trained, plane)
    nothing = plane.only((slice(0), slice(0)))
    assert _score(trained, plane, nothing) == _score(trained, plane)


def test_without_an_object_there_is_a_score_all_the_same(trained: Model, plane: TrainingPlane) -> None:
    background = TrainingPlane("empty", plane.pixels, plane.targets * 0, plane.labelled)
    score = _score(trained, background)
    assert not math.isnan(score.dice)
    assert 0 < score.thresholds[0] < 1
