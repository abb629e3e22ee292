"""How to train: a preset and a time on top, every other setting below, folded."""

from __future__ import annotations

from functools import partial
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSpinBox, Widget
from pydantic import ValidationError

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import (
    PRESETS,
    AugmentationSettings,
    ImageSettings,
    LossSettings,
    MaskSettings,
    NetworkSettings,
    OptimiserSettings,
    Settings,
    TrainingSettings,
    TrainSettings,
)
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.path_field import PathField
from napari_cytounet.widgets.preferences import device_settings
from napari_cytounet.widgets.settings_form import SettingsForm

PRESET_TEXTS = {"fast": "fast: a first look", "balanced": "balanced", "thorough": "thorough: the best result"}
CYTOUNET = "cytounet"

CONCERNS: dict[str, type[Settings]] = {
    "masks": MaskSettings,
    "training": TrainingSettings,
    "network": NetworkSettings,
    "loss": LossSettings,
    "optimiser": OptimiserSettings,
    "augmentation": AugmentationSettings,
    "images": ImageSettings,
}

ELSEWHERE = {
    "training": {"preset", "minutes"},
    "masks": {"masks", "class_names", "class_colours"},
}
"""Fields that have a place of their own, outside of the forms."""


class TrainingChoices(Container):  # type: ignore[type-arg]
    """Preset and minutes; `advanced` holds the rest and is placed by whoever uses this."""

    def __init__(self) -> None:
        preset = TrainingSettings.model_fields["preset"]
        self.preset = ComboBox(
            choices=[(text, name) for name, text in PRESET_TEXTS.items()],
            value=preset.default,
            label="training",
            tooltip=preset.description,
        )
        self.minutes = FloatSpinBox(
            label="minutes",
            min=0.1,
            max=7 * 24 * 60,
            step=0.5,
            tooltip=TrainingSettings.model_fields["minutes"].description or "",
        )
        self.start_from = PathField(
            "go on from",
            "A model to go on from (optional): it needs fewer images and less time than a new one.",
            filter="*.safetensors",
            empty="a new network",
        )
        super().__init__()
        self.extend([self.preset, self.minutes, self.start_from])  # one by one, so that their labels align
        self.margins = (0, 0, 0, 0)

        self.cytounet = CheckBox(
            text="the network of cytounet", tooltip="Train the network of the Keras package cytounet instead."
        )
        self.freeze_encoder = CheckBox(
            text="change the decoder only",
            tooltip="Of a model to go on from, keep what it sees and learn only what to make of it.",
        )
        self.goes_on_alone = CheckBox(
            text="go on when napari is closed",
            tooltip="Otherwise the training stops then, and keeps the best so far.",
        )
        self.forms: dict[str, SettingsForm[Any]] = {}
        boxes = [self.cytounet, self.freeze_encoder, self.goes_on_alone]
        self.advanced = Folded("Advanced", boxes, later=self._concerns)
        self._minutes_shown = 0.0
        self.follow_preset()
        self.preset.changed.connect(self.follow_preset)
        self.cytounet.changed.connect(self.follow_preset)

    def follow_preset(self) -> None:
        """Show the preset's values in all fields that the user did not change."""
        chosen = TrainSettings(training=TrainingSettings(preset=self._preset())).with_preset()
        if self.minutes.value == self._minutes_shown or not self._minutes_shown:
            self.minutes.value = self._minutes_shown = chosen.training.minutes or 0.0
        for concern, form in self.forms.items():
            form.show_settings(getattr(chosen, concern))

    def settings(self, masks: dict[str, Any] | None = None) -> TrainSettings:
        """Return the settings: set are those that the user changed, and no others.

        Parameters
        ----------
        masks
            Fields of `MaskSettings` that are settled elsewhere.

        Raises
        ------
        SettingsError
            If a field holds what it cannot.
        """
        parts = {concern: self._changed(concern) for concern in CONCERNS}
        parts["masks"] = self.mask_settings(masks or {})
        budget: dict[str, Any] = {"preset": self._preset()}
        if (
            self.minutes.value != PRESETS[self._preset()]["training"]["minutes"]
            and parts["training"].steps is None
        ):
            budget["minutes"] = self.minutes.value
        parts["training"] = parts["training"].model_copy(update=budget)
        return TrainSettings(**parts, device=device_settings())

    def mask_settings(self, settled: dict[str, Any]) -> MaskSettings:
        """Return what is set about masks here, and what is settled elsewhere.

        Raises
        ------
        SettingsError
            If that does not go together.
        """
        given = self._changed("masks").model_dump(exclude_unset=True)
        try:
            return MaskSettings(**given | settled)
        except ValidationError as error:
            raise SettingsError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error

    def _preset(self) -> Any:
        return CYTOUNET if self.cytounet.value else self.preset.value

    def _concerns(self) -> list[Widget]:
        """Make a fold for each concern of the settings."""
        return [Folded(concern.capitalize(), later=partial(self._made, concern)) for concern in CONCERNS]

    def _made(self, concern: str) -> list[Widget]:
        """Make the form of one concern, when it is first looked at."""
        model = CONCERNS[concern]
        names = [name for name in model.model_fields if name not in ELSEWHERE.get(concern, ())]
        self.forms[concern] = SettingsForm(model, names)
        self.follow_preset()
        return [self.forms[concern]]

    def _changed(self, concern: str) -> Any:
        """Return the settings of one concern in which the user changed something, and nothing else is set."""
        return self.forms[concern].settings() if concern in self.forms else CONCERNS[concern]()
