"""The connected pieces of equal value in a mask: they tell labels that someone drew from a photograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_regions

from napari_cytounet.errors import MaskError
from napari_cytounet.images.mask_values import MaskPlane

FEW_VALUES = 16
"""Up to so many different values may be classes without the user saying so."""


@dataclass(frozen=True)
class Pieces:
    """The pieces (8-connected regions of equal value) of one plane.

    Attributes
    ----------
    labels
        Different values besides 0.
    whole_labels
        Those in one piece: at least nine tenths of their pixels are connected.
    count
        Pieces.
    median_area
        Of a piece, in pixels.
    regions
        Connected regions of foreground, whatever the values in them.
    """

    labels: int
    whole_labels: int
    count: int
    median_area: float
    regions: int

    @property
    def scattered(self) -> bool:
        """Whether the values lie in crumbs, as in a photograph, and not in the shapes that someone draws."""
        crumbs = self.median_area <= 3 and self.count > 4 * self.regions
        return crumbs or self.count > 4 * self.labels


def measure_pieces(values: NDArray[np.integer[Any]]) -> Pieces:
    """Measure the pieces of a plane of labels (Y, X), 0 being background.

    Examples
    --------
    >>> measure_pieces(np.array([[1, 0, 2], [1, 0, 0], [1, 0, 2]]))
    Pieces(labels=2, whole_labels=1, count=3, median_area=1.0, regions=3)
    """
    pieces = connected_regions(values.astype(np.int64), background=0, connectivity=2)
    value_of_piece = np.zeros(pieces.max() + 1, dtype=values.dtype)
    value_of_piece[pieces] = values
    areas = np.bincount(pieces.ravel())[1:]

    distinct, label_of_piece = np.unique(value_of_piece[1:], return_inverse=True)
    total, largest = np.zeros(len(distinct)), np.zeros(len(distinct))
    np.add.at(total, label_of_piece, areas)
    np.maximum.at(largest, label_of_piece, areas)
    return Pieces(
        labels=len(distinct),
        whole_labels=int(np.count_nonzero(largest >= 0.9 * total)),
        count=len(areas),
        median_area=float(np.median(areas)) if len(areas) else 0.0,
        regions=int(connected_regions(values != 0, connectivity=2).max()),
    )


def refuse_photograph(plane: MaskPlane, pieces: Pieces, described: str) -> None:
    """Raise a MaskError if a plane is no mask: a photograph, or a mask spoilt by JPEG compression."""
    if not pieces.scattered:
        return
    if is_blurred_binary(plane.values[plane.labelled]):
        raise MaskError(
            f"{described} holds {pieces.labels + 1} values, close to black or to white: JPEG compression "
            "or smooth resizing makes that of a mask of two values. Make it clean with `cytounet threshold "
            "--method fixed --value 128` (8 bits), and keep masks as PNG or TIFF."
        )
    if pieces.labels > FEW_VALUES:
        raise MaskError(
            f"{described} looks like a photograph: {pieces.labels} different values, scattered over "
            f"{pieces.count} pieces. If an image was put among the masks, take it out; if it is to become a "
            "mask, use `cytounet threshold`."
        )


def is_blurred_binary(values: NDArray[np.integer[Any]]) -> bool:
    """Tell whether most grey values lie close to the two ends of their range, and not all right on them."""
    low, high = int(values.min()), int(values.max())
    if not 32 <= high - low <= 0xFFFF:
        return False
    margin = (high - low) // 8
    dark, bright = values[values <= low + margin], values[values >= high - margin]
    between = values.size - dark.size - bright.size
    both_spread = (dark != low).any() and (bright != high).any()
    return bool(both_spread and between < min(dark.size, bright.size))
