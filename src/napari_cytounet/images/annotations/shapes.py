"""What all annotation formats have in common: objects as outlines, each with a category, on a named image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ring = NDArray[np.float64]
"""A closed outline, (N, 2): x and y in pixels. The first pixel has its centre at (0.5, 0.5)."""

Part = tuple[Ring, ...]
"""Rings that are filled by the even-odd rule: an outline, and holes in it."""

Plane = tuple[int, int]
"""Of a stack: the positions along T and Z."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One object.

    Attributes
    ----------
    parts
        What it consists of: the object is where any of them is.
    category
        Name of its class; None if the file does not tell.
    plane
        Where it lies in a stack; None where it lies in every plane, or there is only one.
    crowd
        Whether it marks a region of many objects that nobody told apart: its pixels count as not labelled.
    """

    parts: tuple[Part, ...]
    category: str | None = None
    plane: Plane | None = None
    crowd: bool = False

    def same_as(self, other: Shape) -> bool:
        """Tell whether another shape is the same in everything."""
        about = (self.category, self.plane, self.crowd, [len(part) for part in self.parts])
        if about != (other.category, other.plane, other.crowd, [len(part) for part in other.parts]):
            return False
        pairs = zip(self.parts, other.parts, strict=True)
        return all(np.array_equal(a, b) for part in pairs for a, b in zip(*part, strict=True))


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """The objects of one image.

    Attributes
    ----------
    name
        File name of the image, as the annotations have it.
    shapes
        Its objects.
    size
        Height and width of the image in pixels; None if the file does not tell.
    notes
        What was left out or decided while reading, for the user.
    """

    name: str
    shapes: tuple[Shape, ...]
    size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    def same_as(self, other: AnnotatedImage) -> bool:
        """Tell whether another file says the same of the same image."""
        return (self.name, self.size, len(self.shapes)) == (
            other.name,
            other.size,
            len(other.shapes),
        ) and all(one.same_as(twin) for one, twin in zip(self.shapes, other.shapes, strict=True))


def known_size(image: AnnotatedImage) -> tuple[int, int]:
    """Return the size of an image, which some formats must have.

    Raises
    ------
    ValueError
        If it is not known.
    """
    if image.size is None:
        raise ValueError(f"the size of {image.name} is not known")
    return image.size


def polygon(xs: Sequence[float], ys: Sequence[float]) -> tuple[Part, ...]:
    """Return the parts of a single outline.

    Raises
    ------
    ValueError
        If it has fewer than three corners, or they are no finite numbers.
    """
    return ((ring(np.stack([np.asarray(xs, float), np.asarray(ys, float)], axis=-1)),),)


def ring(corners: ArrayLike) -> Ring:
    """Return corners (N, 2) as a ring; a last corner that repeats the first is left out.

    Raises
    ------
    ValueError
        If there are fewer than three, or they are no pairs of finite numbers.
    """
    points = np.asarray(corners, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError("an outline is no list of pairs of numbers")
    if len(points) > 1 and np.array_equal(points[0], points[-1]):
        points = points[:-1]
    if len(points) < 3:
        raise ValueError(f"an outline has {len(points)} corners, and an area needs three")
    return points


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Part, ...]:
    """Return the parts of an upright rectangle."""
    return polygon([left, right, right, left], [top, top, bottom, bottom])


def ellipse(x: float, y: float, radius_x: float, radius_y: float, angle: float = 0.0) -> tuple[Part, ...]:
    """Return an ellipse as a polygon with two corners a pixel of outline.

    Parameters
    ----------
    x, y
        Centre.
    radius_x, radius_y
        Half axes in pixels.
    angle
        Of the first one, in radians, clockwise on the screen.
    """
    corners = max(32, int(4 * np.pi * max(radius_x, radius_y)))
    turn = np.arange(corners) * 2 * np.pi / corners
    along, across = radius_x * np.cos(turn), radius_y * np.sin(turn)
    cos, sin = np.cos(angle), np.sin(angle)
    return polygon((x + along * cos - across * sin).tolist(), (y + along * sin + across * cos).tolist())


def left_out(what: dict[str, int]) -> tuple[str, ...]:
    """Return a note on things that are no areas, by their names and numbers; none if there are none."""
    counted = [f"{count} {name}" for name, count in sorted(what.items()) if count]
    if not counted:
        return ()
    return (f"no areas, and so no objects, are left out: {', '.join(counted)}",)
