"""How good a score can be, by the roughness of the outlines in the masks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi

from napari_cytounet.quality.findings import Finding, Place, found
from napari_cytounet.quality.pixels import PlanePixels

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

SMOOTHING = 0.06
"""Share of the diameter over which an outline is smoothed: a hand's tremor, not the shape of a cell."""


@dataclass(frozen=True)
class Roughness:
    """What smoothing its outlines changes in a mask.

    Attributes
    ----------
    area, smooth_area, shared
        Pixels of foreground as drawn, smoothed, and in both.
    outline
        Pixels of the outline.
    """

    area: int
    smooth_area: int
    shared: int
    outline: int


def measure_roughness(pixels: PlanePixels, diameter: float) -> Roughness | None:
    """Smooth the outlines of a mask and count what changes; None without objects."""
    foreground = pixels.foreground
    if not foreground.any() or foreground.all() or diameter < 4:
        return None
    smooth = ndi.gaussian_filter(foreground.astype(np.float32), max(1.0, SMOOTHING * diameter)) > 0.5
    return Roughness(
        area=int(np.count_nonzero(foreground)),
        smooth_area=int(np.count_nonzero(smooth)),
        shared=int(np.count_nonzero(foreground & smooth)),
        outline=int(np.count_nonzero((pixels.depth > 0) & (pixels.depth < 1.5))),
    )


def judge_ceiling(survey: Survey) -> Iterator[Finding]:
    """Tell which Dice a perfect model could reach, were rough outlines all that is in the way."""
    rough = [digest.roughness for digest in survey.digests if digest.roughness is not None]
    if not rough:
        return
    area, smooth, shared, outline = (
        sum(getattr(part, name) for part in rough) for name in ("area", "smooth_area", "shared", "outline")
    )
    tremor = (area + smooth - 2 * shared) / outline
    dice = 2 * shared / (area + smooth)
    yield found(
        "score-ceiling",
        f"A model that drew smooth outlines through these rough ones would score Dice {dice:.3f}: they leave "
        f"it by {tremor:.2f} pixels on average. Outlines drawn a whole pixel too far in or out would cost "
        f"{outline / (2 * area):.3f} of Dice.",
        Place(survey.mask_folder),
    )
