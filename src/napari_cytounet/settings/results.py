"""What is made of images with a model, and how it is scored."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_cytounet.settings.base import Settings


class PredictionSettings(Settings):
    """How a model is applied to images of any size."""

    output: tuple[Literal["probabilities", "classes", "instances"], ...] = Field(
        ("probabilities", "classes", "instances"),
        description="What to write: probabilities of each class, the class map, and labels of single "
        "objects.",
    )
    diameter: float | None = Field(
        None,
        gt=0,
        description="Diameter of typical objects, in pixels, for a model that tells objects apart: images "
        "are resized so that they look as large as those it learnt. Taken from the pixel size, or "
        "estimated, if not given.",
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
        False,
        description="Split touching objects by a watershed on the distance to the background. A model that "
        "learnt to tell objects apart does so by itself, without this.",
    )

    link_planes: bool = Field(
        False,
        description="In a stack, give objects that overlap from plane to plane one number; else every plane "
        "is numbered for itself.",
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
