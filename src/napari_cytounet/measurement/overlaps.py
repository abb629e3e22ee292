"""Which objects of two label images share pixels, and how many: the sparse table behind all object scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array

from napari_cytounet.images.truth import UNLABELLED

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Overlaps:
    """The pairs of a true and a predicted object that share pixels: most pairs of thousands share none.

    Attributes
    ----------
    true_labels, predicted_labels
        Of all objects, ascending.
    true_areas, predicted_areas
        Their labelled pixels.
    unlabelled_areas
        Pixels of each predicted object that nobody labelled, and that count nowhere else.
    true_index, predicted_index
        For each pair the positions of its objects in the arrays above, int64.
    shared
        For each pair the pixels that both objects hold, int64.
    """

    true_labels: NDArray[np.int64]
    predicted_labels: NDArray[np.int64]
    true_areas: NDArray[np.int64]
    predicted_areas: NDArray[np.int64]
    unlabelled_areas: NDArray[np.int64]
    true_index: NDArray[np.int64]
    predicted_index: NDArray[np.int64]
    shared: NDArray[np.int64]

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair."""
        union = self.true_areas[self.true_index] + self.predicted_areas[self.predicted_index] - self.shared
        iou: NDArray[np.float64] = self.shared / union
        return iou

    @property
    def share_of_true(self) -> NDArray[np.float64]:
        """Share of the true object that the predicted one holds, for each pair."""
        share: NDArray[np.float64] = self.shared / self.true_areas[self.true_index]
        return share

    @property
    def share_of_predicted(self) -> NDArray[np.float64]:
        """Share of the predicted object that the true one holds, for each pair."""
        share: NDArray[np.float64] = self.shared / self.predicted_areas[self.predicted_index]
        return share


def count_overlaps(predicted: NDArray[np.integer], truth: NDArray[np.integer]) -> Overlaps:
    """Count the pixels that the objects of two label images share.

    Parameters
    ----------
    predicted
        Instance labels of any shape: 0 background, any other positive number one object.
    truth
        Instance labels of the same shape. Pixels that are -1 (`UNLABELLED`) are left out: objects are
        compared by the rest of their pixels, and one that lies wholly there counts nowhere.

    Examples
    --------
    >>> overlaps = count_overlaps(np.array([7, 7, 7, 0, 5]), np.array([1, 1, 0, 2, 2]))
    >>> overlaps.true_labels, overlaps.predicted_labels, overlaps.shared, overlaps.iou.round(2)
    (array([1, 2]), array([5, 7]), array([2, 1]), array([0.67, 0.5 ]))
    """
    labelled = truth != UNLABELLED
    hidden = predicted[~labelled]
    predicted, truth = predicted[labelled].astype(np.int64), truth[labelled].astype(np.int64)
    true_labels, true_areas = np.unique(truth[truth > 0], return_counts=True)
    predicted_labels, predicted_areas = np.unique(predicted[predicted > 0], return_counts=True)
    both = (truth > 0) & (predicted > 0)
    rows = np.searchsorted(true_labels, truth[both])
    columns = np.searchsorted(predicted_labels, predicted[both])
    # Entries of one pair are added up when the table is made: never one of all pairs.
    table = coo_array(
        (np.ones(len(rows), np.int64), (rows, columns)), shape=(len(true_labels), len(predicted_labels))
    )
    pairs = table.tocsr().tocoo()
    return Overlaps(
        true_labels=true_labels,
        predicted_labels=predicted_labels,
        true_areas=true_areas,
        predicted_areas=predicted_areas,
        unlabelled_areas=_areas_of(predicted_labels, hidden),
        true_index=pairs.row.astype(np.int64),
        predicted_index=pairs.col.astype(np.int64),
        shared=pairs.data,
    )


def _areas_of(labels: NDArray[np.int64], pixels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count the pixels of each label."""
    at = np.searchsorted(labels, pixels)
    known = at < len(labels)
    known[known] = labels[at[known]] == pixels[known]
    return np.bincount(at[known], minlength=len(labels)).astype(np.int64)
