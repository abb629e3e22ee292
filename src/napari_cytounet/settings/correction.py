"""How a network learns from strokes while they are painted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_cytounet.settings.base import Colour, Settings
from napari_cytounet.settings.learning import NetworkSettings


class CorrectionSettings(Settings):
    """What a correction session teaches, and how its network learns."""

    class_names: tuple[str, ...] = Field(
        ("foreground",), min_length=1, description="Names of the classes that you paint, background left out."
    )
    class_colours: tuple[Colour, ...] = Field((), description="Colours in which they are shown.")
    diameter: float | None = Field(
        None,
        gt=1,
        description="Typical diameter of an object, in pixels of the image: images are resized so that it "
        "becomes about 30. If not given, images are used at their own size.",
    )
    network: NetworkSettings = Field(
        NetworkSettings(base_width=16, guided=True),
        description="Shape of the network, where it begins from nothing.",
    )
    patch_size: int = Field(96, ge=32, le=512, description="Side of a patch, in working pixels.")
    stroke_patches: int = Field(15, ge=1, le=64, description="Patches a step that are centred on strokes.")
    free_patches: int = Field(
        5,
        ge=0,
        le=64,
        description="Patches a step from anywhere: nothing is learnt from them but how bright and how varied "
        "images are where nobody painted.",
    )
    learning_rate: float = Field(2e-3, gt=0, le=10, description="Learning rate while there is much to learn.")
    averaging: float = Field(
        0.98,
        ge=0,
        lt=1,
        description="How much of the running average of the weights is kept at each step; a steadier average "
        "beside it goes back four times as far.",
    )
    seed: int = Field(0, ge=0, description="Start of all random numbers.")


class SimulationSettings(Settings):
    """How an annotator who knows the masks is played."""

    strokes: int = Field(30, ge=1, description="Strokes to paint.")
    seconds: float = Field(4.0, gt=0, description="Machine time from one stroke to the next, in seconds.")
    steps: int | None = Field(
        None, ge=2, description="Training steps a stroke instead of time, for a result that can be repeated."
    )
    places: Literal["worst", "random"] = Field(
        "worst", description="Where to paint: where the model doubts most, or anywhere."
    )
    stroke_length: int = Field(60, ge=1, description="Longest stroke, in pixels of the image.")
    stroke_width: int = Field(9, ge=1, description="Width of a stroke, in pixels of the image.")
    score_every: int = Field(5, ge=1, description="Strokes between two scores on images never touched.")
    seed: int = Field(0, ge=0, description="Start of all random numbers.")
