"""What the values of an annotation layer mean, and what was painted where.

0 is unknown and teaches nothing, 1 is background, 2 and up are the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0
BACKGROUND = 1
FIRST_CLASS = 2

Values = NDArray[np.uint8]
"""What is painted in a box of a plane, (Y, X)."""


@dataclass(frozen=True, order=True)
class PlaneKey:
    """A plane of one of a session's images.

    Attributes
    ----------
    image
        Place of the image in the session.
    index
        Of the plane, over the image's `plane_axes`.
    """

    image: int
    index: tuple[int, ...] = ()


@dataclass(frozen=True)
class Box:
    """A box of a plane, in its pixels: from `top` and `left` to before `bottom` and `right`."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def is_empty(self) -> bool:
        """Whether there is no pixel in it."""
        return self.bottom <= self.top or self.right <= self.left

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns to cut it out of a plane."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def centre(self) -> tuple[float, float]:
        """Row and column of its middle."""
        return (self.top + self.bottom) / 2, (self.left + self.right) / 2
