"""How a network learns to tell touching objects apart."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_cytounet.settings.base import Settings


class InstanceSettings(Settings):
    """What a network learns beside the classes, so that touching objects come apart."""

    boundaries: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Learn the boundary of each object as well, by which prediction then tells touching ones "
        "apart: on, off, or where the masks are instances (auto). With masks of another kind their connected "
        "pieces are the objects.",
    )
    boundary_weight: float = Field(
        5.0, gt=0, description="How much more than any other a pixel on a boundary counts in its loss."
    )
    own_scale: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Bring each image to the common object size by a factor of its own, which prediction "
        "then estimates for each new image: on, off, or where the sizes of objects differ much (auto).",
    )
