"""Tests of the fields that are made of the settings."""

from __future__ import annotations

import pytest
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import (
    AugmentationSettings,
    DeviceSettings,
    LossSettings,
    MaskSettings,
    NetworkSettings,
    OptimiserSettings,
    PredictionSettings,
    Settings,
    ThresholdSettings,
    TrainingSettings,
)
from napari_cytounet.widgets.fields import NOT_SET, field_value, field_widget

MODELS = (
    AugmentationSettings,
    DeviceSettings,
    LossSettings,
    MaskSettings,
    NetworkSettings,
    OptimiserSettings,
    PredictionSettings,
    ThresholdSettings,
    TrainingSettings,
)
FIELDS = [(model, name) for model in MODELS for name in model.model_fields if name != "output"]
"""All but the choice of several outputs, for which the predict widget has boxes to tick."""

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_every_field_shows_its_default_and_gives_it_back(model: type[Settings], name: str) -> None:
    widget = field_widget(model, name)
    field = model.model_fields[name]
    assert widget.tooltip == field.description
    assert field_value(model, widget) == field.default
    widget.native.deleteLater()


def test_kinds_of_fields() -> None:
    assert isinstance(field_widget(TrainingSettings, "batch_size"), SpinBox)
    assert isinstance(field_widget(OptimiserSettings, "learning_rate"), FloatSpinBox)
    assert isinstance(field_widget(AugmentationSettings, "flip"), CheckBox)
    assert isinstance(field_widget(LossSettings, "loss"), ComboBox)
    assert isinstance(field_widget(TrainingSettings, "steps"), LineEdit)
    kinds = field_widget(MaskSettings, "masks")
    assert isinstance(kinds, ComboBox)
    assert kinds.current_choice == NOT_SET


def test_bounds_are_those_of_the_settings() -> None:
    batch = field_widget(TrainingSettings, "batch_size")
    assert isinstance(batch, SpinBox)
    assert (batch.min, batch.max) == (1, 1024)
    rate = field_widget(OptimiserSettings, "learning_rate")
    assert isinstance(rate, FloatSpinBox)
    assert 0 < rate.min <= 1e-4
    assert rate.max == 10
    rate.value = 0.0005
    assert rate.value == 0.0005


def test_what_cannot_be_is_refused_with_the_name_of_the_field() -> None:
    steps = field_widget(TrainingSettings, "steps")
    for wrong in ("many", "0", "1.5"):
        steps.value = wrong
        with pytest.raises(SettingsError, match=f"steps: '{wrong}' will not do"):
            field_value(TrainingSettings, steps)
    steps.value = " 200 "
    assert field_value(TrainingSettings, steps) == 200
