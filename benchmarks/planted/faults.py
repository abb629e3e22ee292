"""The table of planted faults: what is planted, how strongly, and which code must find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planted import image_faults, mask_faults, pair_faults
from planted.carrier import Carrier

Plant = Callable[[Carrier, str, float, np.random.Generator], set[str]]


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Attributes
    ----------
    code
        Of the finding that it must give.
    plant
        Plants it into one image (by name) of a carrier, with a strength; returns the names at one of which
        the finding must point.
    clear, faint
        Strengths; their meaning is in the docstring of `plant`. None where there is nothing faint.
    kinds
        Kinds of mask that it can be planted in.
    """

    code: str
    plant: Plant
    clear: float
    faint: float | None = None
    kinds: tuple[str, ...] = ("binary", "instances")

    @property
    def name(self) -> str:
        """Of the way it is planted."""
        return self.plant.__name__


FAULTS = (
    Fault("pair-missing", pair_faults.lose_mask, 1),
    Fault("pair-missing", pair_faults.lose_image, 1),
    Fault("pair-size", pair_faults.resize_mask, 0.1, 1),
    Fault("pair-shifted", pair_faults.shift_mask, 0.5, 0.25),
    Fault("mask-reused", pair_faults.reuse_mask, 0, 1),
    Fault("image-duplicate", pair_faults.duplicate, 0, 0.02),
    Fault("image-leaked", pair_faults.leak_flipped, 0, 0.02),
    Fault("image-leaked", pair_faults.leak_crop, 0.7, 0.5),
    Fault("image-leaked", pair_faults.leak_neighbour, 1, 3),
    Fault("mask-inverted", mask_faults.invert, 1, None, ("binary",)),
    Fault("mask-inverted", mask_faults.invert_all, 1, None, ("binary",)),
    Fault("mask-outlines", mask_faults.outline, 1, 3, ("binary",)),
    Fault("mask-outlines", mask_faults.outline_all, 1, 3),
    Fault("ring-open", mask_faults.open_ring, 0.1, 0),
    Fault("objects-merged", mask_faults.merge, 4, 2),
    Fault("mask-specks", mask_faults.add_specks, 20, 3),
    Fault("mask-holes", mask_faults.add_holes, 0.5, 0),
    Fault("objects-cut", mask_faults.crop_to_cut, 2, 4),
    Fault("mask-grey", mask_faults.compress, 50, 95),
    Fault("instances-as-classes", mask_faults.name_classes, 1, None, ("instances",)),
    Fault("object-giant", mask_faults.add_giant, 20, 5),
    Fault("image-text", mask_faults.stamp_image, 20, 8),
    Fault("mask-text", mask_faults.stamp_mask, 20, 8),
    Fault("mask-empty", mask_faults.empty, 1),
    Fault("mask-full", mask_faults.fill, 1),
    Fault("boundary-offset", mask_faults.widen, 0.2, 0),
    Fault("image-blurred", image_faults.blur, 4, 1.5),
    Fault("edges-faint", image_faults.fade, 0.03, 0.2),
    Fault("image-saturated", image_faults.saturate, 0.1, 0.01),
    Fault("pixels-broken", image_faults.break_pixels, 100, 10),
    Fault("light-uneven", image_faults.shade, 0.25, 0.7),
    Fault("intensity-range", image_faults.rescale_values, 8, 2),
    Fault("bit-depth", image_faults.deepen, 16, 12),
    Fault("pixel-size", image_faults.mislabel_pixel_size, 2, 1.1),
    Fault("magnification", image_faults.magnify, 2, 1.3),
    Fault("rgb-grey", image_faults.colour, 1),
    Fault("image-padded", image_faults.pad, 0.15, 0.02),
    Fault("image-blank", image_faults.blank, 0, 1),
)
"""Class imbalance, the ceiling and cross-validated disagreement are properties of a whole set: they are
planted
in `tests/quality` by hand (a class of 0.05 % of the pixels; outlines that jitter by 3 pixels; a mask of
which half
of the objects are missing)."""
