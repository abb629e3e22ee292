"""Every setting of the engine, once: its name, default, bounds and the sentence that explains it.

The command line makes its options and help from these models, widgets their fields and tooltips, and a
run's record its JSON. One frozen model a concern; `TrainSettings` gathers those that one training needs.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MaskKind(StrEnum):
    """What the values of a mask mean.

    `binary`: 0 background, anything else foreground. `classes`: each value a class. `instances`: each value
    one object. `outlines`: closed rings around objects, filled before use. 0 is background in all of them.
    """

    BINARY = "binary"
    CLASSES = "classes"
    INSTANCES = "instances"
    OUTLINES = "outlines"


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
"""A colour as red, green and blue, such as #ff8000."""


class Settings(BaseModel):
    """Base of all settings: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageSettings(Settings):
    """How image files are read."""

    axes: str | None = Field(
        None,
        description="Axes of the image files where their metadata is missing or wrong, one letter a "
        "dimension out of T, Z, C, Y, X (colours of RGB are C), such as ZYX or YXC.",
    )
    pixel_size: float | None = Field(
        None, gt=0, description="Micrometres a pixel, where the metadata is missing or wrong."
    )


class MaskSettings(Settings):
    """What the values of mask files mean, and how they find their images."""

    masks: MaskKind | None = Field(
        None,
        description="What the masks hold: binary, classes, instances, or outlines (closed rings, which are "
        "filled). Guessed and shown if not given; where two kinds fit, you are asked to say which.",
    )
    invert: bool = Field(False, description="The masks are 0 on the objects: swap foreground and background.")
    ignore_value: int | None = Field(
        None, description="Mask value of pixels that nobody labelled: never learnt from and never scored."
    )
    empty_planes: bool = Field(
        False,
        description="In a stack, a mask plane that is all 0 says that there is nothing there (otherwise it "
        "counts as not labelled and is left out).",
    )
    pairing: Literal["auto", "stem", "prefix", "order"] = Field(
        "auto",
        description="How images find their masks: the same name (stem), the same name after a prefix as in "
        "img_1 / msk_1 (prefix), or the order of sorted names (order, only if asked for). auto tries stem, "
        "then prefix.",
    )
    class_names: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Names of the classes that training learns, in the order of their values in the masks, "
        "background left out: give the option once for each. One class is called foreground, several are "
        "called after their values, if not given.",
    )
    class_colours: tuple[Colour, ...] | None = Field(
        None,
        min_length=1,
        description="Colours in which results show these classes, such as #ff8000: give the option once for "
        "each.",
    )

    @model_validator(mode="after")
    def _classes_have_names_of_their_own(self) -> Self:
        names = self.class_names or ()
        if len(set(names)) < len(names) or not all(name.strip() for name in names):
            raise ValueError(f"every class needs a name of its own, not {', '.join(map(repr, names))}")
        return self


class NetworkSettings(Settings):
    """The shape of the U-Net."""

    base_width: int = Field(
        24, ge=1, le=512, description="Channels of the first stage; doubled at each stage."
    )
    depth: int = Field(3, ge=1, le=8, description="How many times the image is halved.")
    stem: Literal["plain", "unshuffle"] = Field(
        "unshuffle",
        description="unshuffle folds 2 x 2 pixels into channels first and unfolds them at the end: two to "
        "four times faster on a CPU for nearly the same result. plain is the classic U-Net.",
    )


class LossSettings(Settings):
    """What training makes small."""

    loss: Literal["cross_entropy", "dice", "cross_entropy+dice"] = Field(
        "cross_entropy+dice",
        description="cross_entropy (binary cross-entropy where there is one class), soft dice, or their sum.",
    )
    border_weight: float = Field(
        0.0,
        ge=0,
        description="Extra cross-entropy weight of the gaps between neighbouring objects (w0 of Ronneberger "
        "et al. 2015, who used 10); 0 switches it off.",
    )
    border_sigma: float = Field(
        5.0, gt=0, description="Width in working pixels of the gaps that the border weight is for."
    )


class OptimiserSettings(Settings):
    """How weights follow the gradient."""

    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="AdamW, or SGD with Nesterov momentum.")
    learning_rate: float = Field(
        2e-3,
        gt=0,
        le=10,
        description="Highest learning rate, reached after the warm-up; it then decays to 0.",
    )
    l1: float = Field(0.0, ge=0, description="Weight of the L1 penalty on the kernels.")
    l2: float = Field(1e-4, ge=0, description="Weight decay (L2), decoupled from the gradient in AdamW.")
    gradient_clip: float = Field(
        1.0, gt=0, description="Longest gradient that is allowed: longer are shortened."
    )
    averaging: float = Field(
        0.98,
        ge=0,
        lt=1,
        description="How much of the running average of the weights is kept at each step (0: no averaging). "
        "The averaged weights are those that are scored and kept.",
    )


class AugmentationSettings(Settings):
    """How training patches are varied. All at 0, 1 or off leaves the patches as they are."""

    flip: bool = Field(True, description="Mirror patches at random.")
    rotate: bool = Field(True, description="Turn patches by any angle.")
    scale: tuple[float, float] = Field((0.75, 1.33), description="Magnify patches by a factor in this range.")
    contrast: float = Field(0.1, ge=0, lt=1, description="Change the contrast by up to this share.")
    brightness: float = Field(
        0.05, ge=0, description="Shift the brightness by up to this share of the range."
    )
    gamma: float = Field(0.05, ge=0, description="Bend intensities by a power of up to e to this number.")
    noise: float = Field(
        0.0, ge=0, description="Highest standard deviation of added noise, as share of the range."
    )
    blur: float = Field(0.0, ge=0, description="Highest standard deviation of blur, in working pixels.")

    @model_validator(mode="after")
    def _scale_is_a_range(self) -> Self:
        low, high = self.scale
        if not 0.1 <= low <= high <= 10:
            raise ValueError(f"scale must be two numbers from low to high within 0.1 to 10, got {low} {high}")
        return self


class DeviceSettings(Settings):
    """Where the network runs."""

    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto",
        description="auto takes the fastest device there is: an NVIDIA GPU, Apple's GPU, else the CPU.",
    )
    threads: int | None = Field(None, ge=1, description="Processor cores to use; all of them if not given.")
    mixed_precision: Literal["auto", "on", "off"] = Field(
        "auto", description="Compute in 16 bits where the hardware is faster for it (auto), always or never."
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


class PredictionSettings(Settings):
    """How a model is applied to images of any size."""

    output: tuple[Literal["probabilities", "classes", "instances"], ...] = Field(
        ("probabilities", "classes", "instances"),
        description="What to write: probabilities of each class, the class map, and labels of single "
        "objects.",
    )
    tile: int | None = Field(
        None,
        ge=16,
        description="Least side of a tile without its halo, in working pixels; chosen for the network if not "
        "given.",
    )
    halo: int | None = Field(
        None,
        ge=0,
        description="Working pixels around a tile that are computed with it and thrown away, so that no seam "
        "shows; the network's measured need if not given.",
    )
    overwrite: bool = Field(False, description="Replace results of an earlier run in the output folder.")
    skip_existing: bool = Field(
        False,
        description="Leave out images whose results are all there: to go on with a stopped prediction.",
    )


class ThresholdSettings(Settings):
    """How probabilities or raw intensities become labels."""

    method: Literal["fixed", "otsu", "li", "triangle", "calibrated"] = Field(
        "calibrated",
        description="fixed uses the value that you give; otsu, li and triangle find one in each image; "
        "calibrated takes what was best on the model's validation data, which its probabilities carry "
        "with them.",
    )
    value: float | None = Field(
        None, description="The threshold of the method fixed, in the image's own units."
    )
    dark_objects: bool = Field(False, description="Objects are darker than the background.")
    fill_holes: bool = Field(False, description="Fill holes inside objects.")
    min_size: int = Field(0, ge=0, description="Remove objects of fewer pixels than this.")
    split_touching: bool = Field(
        False, description="Split touching objects by a watershed on the distance to the background."
    )

    @model_validator(mode="after")
    def _a_value_is_for_the_method_fixed(self) -> Self:
        if self.method == "fixed" and self.value is None:
            raise ValueError("the method fixed needs a value")
        if self.method != "fixed" and self.value is not None:
            raise ValueError(f"a value needs the method fixed, not {self.method}")
        return self


class ScoreSettings(Settings):
    """How predictions are scored against truth."""

    tolerance: float = Field(2.0, ge=0, description="Pixels within which a boundary counts as found.")
    seed: int = Field(0, ge=0, description="Start of the random numbers that resample images for intervals.")
