"""From outlines to labels: which pixels an object has, and who gets a pixel that several objects claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon as filled_polygon

from napari_cytounet.images.annotations.shapes import Part, Shape

CROWD = -1
"""Value of pixels that nobody labelled: where a crowd is, and no single object."""


@dataclass(frozen=True)
class Drawing:
    """Shapes drawn as labels.

    Attributes
    ----------
    labels
        (Y, X) int32: 0 background, the numbers of the shapes, `CROWD`.
    contested
        Pixels that more than one object claimed.
    hidden
        Objects that lie wholly below others, or outside of the image, and have no pixel.
    """

    labels: NDArray[np.int32]
    contested: int
    hidden: int


def draw_shapes(
    shapes: Sequence[Shape], size: tuple[int, int], numbers: Sequence[int] | None = None
) -> Drawing:
    """Draw shapes as labels.

    A pixel belongs to a shape if its centre lies inside; a shape so small that it has no centre inside gets
    the pixel that it lies in. Where shapes overlap, the one with fewer pixels is on top, so that no object
    is hidden by a larger one; of two of the same size the later one.

    Parameters
    ----------
    shapes
        Of one plane.
    size
        Height and width of the image.
    numbers
        Label of each shape; 1, 2, … if not given.

    Examples
    --------
    >>> from napari_cytounet.images.annotations.shapes import rectangle
    >>> large, small = Shape(rectangle(0, 0, 4, 1)), Shape(rectangle(1, 0, 2, 1))
    >>> draw_shapes([small, large], (1, 5)).labels
    array([[2, 1, 2, 2, 0]], dtype=int32)
    """
    labels = np.zeros(size, np.int32)
    numbers = range(1, len(shapes) + 1) if numbers is None else numbers
    drawn = [shape_pixels(shape, size) for shape in shapes]
    contested = 0
    order = sorted(range(len(shapes)), key=lambda at: (not shapes[at].crowd, -len(drawn[at])))
    flat = labels.reshape(-1)
    for at in order:
        contested += int(np.count_nonzero(flat[drawn[at]] > 0))
        flat[drawn[at]] = CROWD if shapes[at].crowd else numbers[at]
    objects = sum(not shape.crowd for shape in shapes)
    return Drawing(labels, contested, objects - len(np.unique(flat[flat > 0])))


def shape_pixels(shape: Shape, size: tuple[int, int]) -> NDArray[np.int64]:
    """Return the flat indices of the pixels of a shape in an image of some height and width."""
    drawn = [_part_pixels(part, size) for part in shape.parts]
    pixels: NDArray[np.int64] = drawn[0] if len(drawn) == 1 else np.unique(np.concatenate(drawn))
    return pixels if len(pixels) else _nearest_pixel(shape, size)


def _part_pixels(part: Part, size: tuple[int, int]) -> NDArray[np.int64]:
    rings: list[NDArray[np.int64]] = []
    for ring in part:
        # Pixels whose centres are at whole numbers, as scikit-image has them.
        rows, columns = filled_polygon(ring[:, 1] - 0.5, ring[:, 0] - 0.5, size)
        rings.append(rows.astype(np.int64) * size[1] + columns)
    if len(rings) == 1:
        return rings[0]
    pixels, times = np.unique(np.concatenate(rings), return_counts=True)
    odd: NDArray[np.int64] = pixels[times % 2 == 1]
    return odd


def _nearest_pixel(shape: Shape, size: tuple[int, int]) -> NDArray[np.int64]:
    """Return the pixel that a shape without a pixel centre lies in; none if that is outside of the image."""
    x, y = np.floor(np.concatenate([part[0] for part in shape.parts]).mean(axis=0)).astype(int)
    inside = 0 <= y < size[0] and 0 <= x < size[1]
    return np.array([y * size[1] + x] if inside else [], np.int64)
