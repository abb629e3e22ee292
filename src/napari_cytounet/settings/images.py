"""How images and masks are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from napari_cytounet.settings.base import Colour, Settings


class MaskKind(StrEnum):
    """What the values of a mask mean.

    `binary`: 0 background, anything else foreground. `classes`: each value a class. `instances`: each value
    one object. `outlines`: closed rings around objects, filled before use. 0 is background in all of them.
    """

    BINARY = "binary"
    CLASSES = "classes"
    INSTANCES = "instances"
    OUTLINES = "outlines"


class ImageSettings(Settings):
    """How image files are read."""

    axes: str | None = Field(
        None,
        description="Axes of the image files where their metadata is missing or wrong, one letter a "
        "dimension out of T, Z, C, Y, X (colours of RGB are C), such as ZYX or YXC. Masks of as many "
        "dimensions, channels left out, are read by them too.",
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
