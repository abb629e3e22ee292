"""All that one training needs: its budget, what it draws from the images, and the presets."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from napari_cytounet.settings.base import Settings
from napari_cytounet.settings.images import ImageSettings, MaskSettings
from napari_cytounet.settings.instances import InstanceSettings
from napari_cytounet.settings.learning import (
    AugmentationSettings,
    DeviceSettings,
    LossSettings,
    NetworkSettings,
    OptimiserSettings,
)


class TrainingSettings(Settings):
    """The budget of a training and what it draws from the images."""

    preset: Literal["fast", "balanced", "thorough", "cytounet"] = Field(
        "balanced",
        description="Sets all settings that you do not set yourself: fast for a first look, balanced (as "
        "fast where there is less than half a minute), thorough for the best result, cytounet for the "
        "network of the Keras package of that name.",
    )
    minutes: float | None = Field(
        None,
        gt=0,
        description="Time for the whole training, reading the images and the last scoring included. If "
        "neither minutes nor steps are given: fast 1, balanced 3, thorough and cytounet 10 minutes.",
    )
    steps: int | None = Field(
        None, ge=1, description="Length of the training in steps, for a result that can be repeated exactly."
    )
    batch_size: int = Field(8, ge=1, le=1024, description="Patches a step.")
    patch_size: int = Field(128, ge=16, le=2048, description="Side of a patch, in working pixels.")
    object_patches: float = Field(
        0.6,
        ge=0,
        le=1,
        description="Share of patches that are centred on an object; the others lie anywhere.",
    )
    working_scale: float | None = Field(
        None,
        gt=0,
        le=4,
        description="Images are resized by this factor before the network sees them, and results back. If "
        "not given, objects are brought to about 30 pixels across, as far as the masks survive it.",
    )
    validation_share: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of the images kept back to choose weights and thresholds, if no validation images "
        "are given; with few images it is a part of an image. 0 keeps nothing back.",
    )
    seed: int = Field(0, ge=0, description="Start of all random numbers.")

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if self.minutes is not None and self.steps is not None:
            raise ValueError("give a budget in minutes or in steps, not both")
        return self


class TrainSettings(Settings):
    """All that one training needs. Unset fields follow the preset: see `with_preset`."""

    training: TrainingSettings = TrainingSettings()
    network: NetworkSettings = NetworkSettings()
    loss: LossSettings = LossSettings()
    instances: InstanceSettings = InstanceSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    masks: MaskSettings = MaskSettings()
    images: ImageSettings = ImageSettings()
    device: DeviceSettings = DeviceSettings()

    def with_preset(self) -> TrainSettings:
        """Return these settings with all fields that were not set explicitly taken from the preset.

        Examples
        --------
        >>> chosen = TrainSettings(training=TrainingSettings(preset="cytounet", batch_size=2)).with_preset()
        >>> chosen.network.stem, chosen.training.batch_size
        ('plain', 2)
        """
        changes: dict[str, Settings] = {}
        for concern, values in PRESETS[self._effective_preset()].items():
            chosen: Settings = getattr(self, concern)
            unset = {name: value for name, value in values.items() if name not in chosen.model_fields_set}
            if self.training.minutes is not None or self.training.steps is not None:
                unset.pop("minutes", None)
            changes[concern] = chosen.model_copy(update=unset)
        training = changes.get("training", self.training)
        changes["training"] = training.model_copy(update={"preset": self._effective_preset()})
        return self.model_copy(update=changes)

    def _effective_preset(self) -> str:
        """Return the preset, or fast for a short budget: many steps of a small network are worth more."""
        minutes = self.training.minutes
        short = minutes is not None and minutes < SHORTEST_BALANCED_MINUTES
        return "fast" if short and self.training.preset == "balanced" else self.training.preset


SHORTEST_BALANCED_MINUTES = 0.5
"""With fewer minutes the preset balanced is that of fast."""

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "fast": {"training": {"minutes": 1.0, "batch_size": 4}, "network": {"base_width": 16}},
    "balanced": {"training": {"minutes": 3.0}},
    "thorough": {"training": {"minutes": 10.0}, "network": {"base_width": 32}},
    "cytounet": {
        "training": {"minutes": 10.0, "batch_size": 4, "patch_size": 256},
        "network": {"base_width": 16, "depth": 4, "stem": "plain"},
    },
}
