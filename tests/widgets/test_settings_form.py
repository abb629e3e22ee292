"""Tests of a form of settings."""

from __future__ import annotations

import pytest

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import NetworkSettings, TrainingSettings, TrainSettings
from napari_cytounet.widgets.settings_form import SettingsForm

pytestmark = pytest.mark.usefixtures("qapp")


def _preset(name: str) -> TrainSettings:
    return TrainSettings(training=TrainingSettings.model_validate({"preset": name})).with_preset()


def test_untouched_fields_follow_the_preset_and_are_not_set() -> None:
    form = SettingsForm(NetworkSettings)
    form.show_settings(_preset("thorough").network)
    assert form["base_width"].value == 32
    assert form.settings().model_fields_set == set()


def test_a_field_that_the_user_changed_stays_and_is_set() -> None:
    form = SettingsForm(NetworkSettings)
    form["depth"].value = 2
    form.show_settings(_preset("cytounet").network)
    assert (form["base_width"].value, form["depth"].value) == (16, 2)
    assert form.settings() == NetworkSettings(depth=2)
    assert form.settings().model_fields_set == {"depth"}


def test_fields_that_may_be_empty() -> None:
    form = SettingsForm(TrainingSettings, ["working_scale", "seed"])
    assert form.settings().model_fields_set == set()
    form["working_scale"].value = "0.5"
    assert form.settings() == TrainingSettings(working_scale=0.5)
    form["working_scale"].value = "half"
    with pytest.raises(SettingsError, match="working scale"):
        form.settings()
