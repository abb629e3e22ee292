"""The objects of one image in a few numbers: how many, how dense, how large, and how much they cover."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

QUARTILES = (25, 50, 75)


@dataclass(frozen=True)
class AreaSummary:
    """How areas are spread; all None without objects.

    Attributes
    ----------
    mean, sd
        Mean, and standard deviation (of the sample; None for a single object).
    first_quartile, median, third_quartile
        Areas below which a quarter, half and three quarters of the objects lie.
    """

    mean: float | None
    sd: float | None
    first_quartile: float | None
    median: float | None
    third_quartile: float | None


@dataclass(frozen=True)
class MeasuredImage:
    """The objects of one image (of a stack: of all planes together).

    Attributes
    ----------
    name
        Name of the label file.
    objects
        Their number.
    confluence
        Share of the pixels that objects cover, 0 to 1.
    objects_per_megapixel, objects_per_mm2
        Density; the latter None without a pixel size.
    area_px, area_um2
        How areas are spread; in square micrometres None without a pixel size.
    """

    name: str
    objects: int
    confluence: float
    objects_per_megapixel: float
    objects_per_mm2: float | None
    area_px: AreaSummary
    area_um2: AreaSummary | None

    @property
    def mean_area_px(self) -> float | None:
        """Mean area in pixels; None without objects."""
        return self.area_px.mean

    @property
    def mean_area_um2(self) -> float | None:
        """Mean area in square micrometres; None without objects or without a pixel size."""
        return None if self.area_um2 is None else self.area_um2.mean

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        means = {"mean_area_px": self.mean_area_px, "mean_area_um2": self.mean_area_um2}
        return asdict(self) | means


def summarise_objects(
    name: str,
    areas: Sequence[NDArray[np.integer]],
    pixels: int,
    pixel_area: float | None,
) -> MeasuredImage:
    """Sum up the objects of one image.

    Parameters
    ----------
    name
        Of the image.
    areas
        In pixels, plane by plane.
    pixels
        Of all planes that were measured.
    pixel_area
        Square micrometres a pixel, if known.

    Examples
    --------
    >>> image = summarise_objects("a", [np.array([10, 20]), np.array([30])], pixels=600, pixel_area=0.25)
    >>> image.objects, image.confluence, image.mean_area_um2, image.area_px.median
    (3, 0.1, 5.0, 20.0)
    """
    all_areas = np.concatenate([*areas, np.zeros(0)]).astype(np.float64)
    count, whole = len(all_areas), max(pixels, 1)
    return MeasuredImage(
        name=name,
        objects=count,
        confluence=float(all_areas.sum() / whole),
        objects_per_megapixel=1e6 * count / whole,
        objects_per_mm2=None if pixel_area is None else 1e6 * count / (whole * pixel_area),
        area_px=_spread(all_areas),
        area_um2=None if pixel_area is None else _spread(all_areas * pixel_area),
    )


def _spread(areas: NDArray[np.float64]) -> AreaSummary:
    if not len(areas):
        return AreaSummary(None, None, None, None, None)
    sd = float(areas.std(ddof=1)) if len(areas) > 1 else None
    return AreaSummary(float(areas.mean()), sd, *np.percentile(areas, QUARTILES).tolist())
