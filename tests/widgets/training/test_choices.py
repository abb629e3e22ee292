"""Tests of presets, minutes and the folded settings."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import MaskKind
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.training.choices import CONCERNS, TrainingChoices


@pytest.fixture
def choices(qtbot: QtBot) -> TrainingChoices:
    made = TrainingChoices()
    qtbot.addWidget(made.native)
    qtbot.addWidget(made.advanced.native)
    return made


def _open_all(choices: TrainingChoices) -> None:
    choices.advanced.turn()
    for part in choices.advanced.content:
        if isinstance(part, Folded):
            part.turn()


def test_unopened_and_untouched_fields_set_nothing(choices: TrainingChoices) -> None:
    settings = choices.settings()
    assert settings.training.model_fields_set == {"preset"}
    _open_all(choices)
    assert set(choices.forms) == set(CONCERNS)
    settings = choices.settings()
    assert settings.training.model_fields_set == {"preset"}
    for concern in set(CONCERNS) - {"training"}:
        assert getattr(settings, concern).model_fields_set == set(), concern
    assert settings.device.threads is not None


def test_fields_follow_the_preset_until_they_are_changed(choices: TrainingChoices) -> None:
    _open_all(choices)
    assert choices.minutes.value == 3
    choices.preset.value = "fast"
    assert choices.minutes.value == 1
    assert choices.forms["network"].base_width.value == 16
    assert choices.forms["training"].batch_size.value == 4

    choices.minutes.value = 7
    choices.forms["training"].batch_size.value = 2
    choices.preset.value = "thorough"
    assert choices.minutes.value == 7
    assert choices.forms["network"].base_width.value == 32
    settings = choices.settings()
    assert (settings.training.minutes, settings.training.batch_size) == (7, 2)
    assert settings.network.model_fields_set == set()


def test_the_network_of_cytounet_is_a_preset_of_its_own(choices: TrainingChoices) -> None:
    choices.cytounet.value = True
    assert choices.settings().with_preset().network.stem == "plain"
    assert choices.minutes.value == 10


def test_steps_take_the_place_of_minutes(choices: TrainingChoices) -> None:
    _open_all(choices)
    choices.minutes.value = 7
    choices.forms["training"].steps.value = "40"
    training = choices.settings().with_preset().training
    assert (training.steps, training.minutes) == (40, None)


def test_what_a_field_cannot_hold_is_said(choices: TrainingChoices) -> None:
    _open_all(choices)
    choices.forms["training"].steps.value = "many"
    with pytest.raises(SettingsError, match="steps: 'many' will not do"):
        choices.settings()


def test_masks_are_settled_here_and_elsewhere(choices: TrainingChoices) -> None:
    _open_all(choices)
    choices.forms["masks"].empty_planes.value = True
    settings = choices.settings({"masks": MaskKind.CLASSES, "class_names": ("a", "b")})
    assert settings.masks.model_fields_set == {"empty_planes", "masks", "class_names"}
    with pytest.raises(SettingsError, match="every class needs a name of its own"):
        choices.settings({"class_names": ("a", "a")})
