"""What went wrong with single objects: merged, split, missed or invented, each with its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.measurement.places import Places, find_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_cytounet.measurement.overlaps import Overlaps

FOUND = 0.5
"""IoU from which an object counts as found."""


class ErrorKind(StrEnum):
    """What went wrong with an object.

    One object holds another if it has more than half of its pixels, which is how the Cell Tracking Challenge
    tells which objects belong together.

    `merged`: a predicted object that holds two or more true ones. `split`: a true object that holds two or
    more predicted ones. `missed`: a true object that no predicted one matches with an IoU of 0.5, and that is
    neither merged nor split. `invented`: a predicted object that matches no true one with an IoU of 0.5, and
    that is neither a merger nor a part of a split one. An object whose outline is far off is so both: missed
    where it is, and invented where it was drawn.
    """

    MERGED = "merged"
    SPLIT = "split"
    MISSED = "missed"
    INVENTED = "invented"


@dataclass(frozen=True)
class ObjectError:
    """One error, and where to look for it.

    Attributes
    ----------
    kind
        What went wrong.
    plane
        Place of the plane in its stack, such as `T=3 Z=0`; empty for a single image.
    centroid
        Of the merger, the split object, the missed or the invented one: (Y, X) in pixels.
    box
        Of the same: top, left, bottom, right in pixels; the last row and column belong to it.
    true_labels, predicted_labels
        The objects that take part.
    """

    kind: ErrorKind
    plane: str
    centroid: tuple[float, ...]
    box: tuple[int, ...]
    true_labels: tuple[int, ...]
    predicted_labels: tuple[int, ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary, with the names of the columns of the table of errors."""
        y, x = self.centroid
        top, left, bottom, right = self.box
        return {
            "error": self.kind.value,
            "plane": self.plane,
            "centroid_y_px": y,
            "centroid_x_px": x,
            "top_px": top,
            "left_px": left,
            "bottom_px": bottom,
            "right_px": right,
            "true_labels": list(self.true_labels),
            "predicted_labels": list(self.predicted_labels),
        }


def count_errors(errors: Iterable[ObjectError]) -> dict[str, int]:
    """Count the errors of each kind; those that do not occur are 0."""
    counted = Counter(error.kind for error in errors)
    return {kind.value: counted[kind] for kind in ErrorKind}


def find_errors(
    predicted: NDArray[np.integer], truth: NDArray[np.integer], overlaps: Overlaps, plane: str = ""
) -> list[ObjectError]:
    """List the objects of one plane that went wrong.

    Parameters
    ----------
    predicted, truth
        The instance labels, (Y, X).
    overlaps
        Of both: from `count_overlaps`.
    plane
        To note with each error.

    Returns
    -------
    list of ObjectError
        First what is merged, then split, missed and invented, each in the order of its labels.

    Examples
    --------
    >>> from napari_cytounet.measurement.overlaps import count_overlaps
    >>> truth, predicted = np.array([[1, 1, 0, 2, 2]]), np.array([[9, 9, 9, 9, 9]])
    >>> (error,) = find_errors(predicted, truth, count_overlaps(predicted, truth))
    >>> error.kind.value, error.centroid, error.true_labels, error.predicted_labels
    ('merged', (0.0, 2.0), (1, 2), (9,))
    """
    true_index, predicted_index = overlaps.true_index, overlaps.predicted_index
    in_predicted, in_true = overlaps.share_of_true > 0.5, overlaps.share_of_predicted > 0.5
    merges = in_predicted & _several(predicted_index, in_predicted, len(overlaps.predicted_labels))
    splits = in_true & _several(true_index, in_true, len(overlaps.true_labels))
    explained = merges | splits | (overlaps.iou >= FOUND)
    missed = np.setdiff1d(np.arange(len(overlaps.true_labels)), true_index[explained])
    invented = np.setdiff1d(np.arange(len(overlaps.predicted_labels)), predicted_index[explained])

    errors: list[ObjectError] = []
    for kind, subjects, partners in (
        (ErrorKind.MERGED, predicted_index[merges], overlaps.true_labels[true_index[merges]]),
        (ErrorKind.SPLIT, true_index[splits], overlaps.predicted_labels[predicted_index[splits]]),
        (ErrorKind.MISSED, missed, None),
        (ErrorKind.INVENTED, invented, None),
    ):
        subject_is_true = kind in (ErrorKind.SPLIT, ErrorKind.MISSED)
        labels = overlaps.true_labels if subject_is_true else overlaps.predicted_labels
        places = _places_of(truth if subject_is_true else predicted, labels[np.unique(subjects)])
        groups = [()] * len(subjects) if partners is None else _grouped(partners, subjects)
        for number, group in enumerate(groups):
            itself = (int(places.labels[number]),)
            errors.append(
                ObjectError(
                    kind=kind,
                    plane=plane,
                    centroid=tuple(places.centroids[number].tolist()),
                    box=(*places.first[number].tolist(), *places.last[number].tolist()),
                    true_labels=itself if subject_is_true else group,
                    predicted_labels=group if subject_is_true else itself,
                )
            )
    return errors


def _grouped(values: NDArray[np.int64], by: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Return the values that belong to each number, in the order of the numbers, each group sorted."""
    order = np.lexsort((values, by))
    parts = np.split(values[order], np.flatnonzero(np.diff(by[order])) + 1)
    return [tuple(part.tolist()) for part in parts if len(part)]


def _several(index: NDArray[np.int64], pairs: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Tell which pairs have an object that takes part in two or more of the chosen pairs."""
    several: NDArray[np.bool_] = (np.bincount(index[pairs], minlength=count) > 1)[index]
    return several


def _places_of(labels: NDArray[np.integer], wanted: NDArray[np.int64]) -> Places:
    return find_places(np.where(np.isin(labels, wanted), labels, 0))
