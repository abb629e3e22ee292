"""What is measured of objects, and how conditions are compared."""

from __future__ import annotations

from pydantic import Field

from napari_cytounet.settings.base import Settings


class MeasureSettings(Settings):
    """What is measured of objects besides size, shape, place and intensity."""

    neighbour_distance: float | None = Field(
        None,
        gt=0,
        description="Count the neighbours whose centroids lie within this distance: in micrometres where the "
        "size of a pixel is known, else in pixels.",
    )
    shape_moments: bool = Field(
        False,
        description="Add the seven moments of Hu, which tell shapes whatever their place, turn and size.",
    )


class CompareSettings(Settings):
    """How two conditions are compared."""

    columns: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Columns to compare, such as area_um2: give the option once for each. All measurements "
        "if not given.",
    )
    seed: int = Field(0, ge=0, description="Start of the random numbers that resample images for intervals.")
