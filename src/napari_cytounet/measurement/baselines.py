"""What answers without any learning score: nothing, everything, and Otsu's threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.filters import threshold_otsu

from napari_cytounet.measurement.pixel_scores import pixel_counts, pixel_scores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NOTHING = "finding nothing"
EVERYTHING = "calling everything foreground"
OTSU = "Otsu's threshold"


def trivial_counts(counts: ArrayLike) -> dict[str, NDArray[np.int64]]:
    """Return what would be counted if nothing was found, and if everything was called this class.

    Parameters
    ----------
    counts
        (..., 4): TP, FP, FN and TN of any prediction of the same truth.

    Returns
    -------
    dict of int64 (..., 4)

    Examples
    --------
    >>> trivial_counts([3, 1, 2, 4])["calling everything foreground"]
    array([5, 5, 0, 0])
    """
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts), -1, 0)
    there, not_there, none = tp + fn, fp + tn, np.zeros_like(tp)
    return {
        NOTHING: np.stack([none, none, there, not_there], axis=-1),
        EVERYTHING: np.stack([there, not_there, none, none], axis=-1),
    }


def otsu_masks(pixels: NDArray[np.generic]) -> list[NDArray[np.bool_]]:
    """Return what lies above Otsu's threshold, and what does not; none where all pixels are equal.

    Parameters
    ----------
    pixels
        (Y, X) of any range.
    """
    if pixels.min() == pixels.max():
        return [np.zeros(pixels.shape, bool), np.zeros(pixels.shape, bool)]
    above = np.asarray(pixels > threshold_otsu(pixels))
    return [above, ~above]


def otsu_counts(pixels: NDArray[np.generic], truth: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count what Otsu's threshold gets right, for bright and for dark objects.

    Parameters
    ----------
    pixels
        (Y, X).
    truth
        Class map (Y, X) of one class; -1 is left out.

    Returns
    -------
    int64 (2, 4)
        TP, FP, FN and TN: a row for bright objects, then one for dark ones.
    """
    masks = otsu_masks(pixels)
    return np.stack([pixel_counts(mask.astype(np.int16), truth, class_count=1)[0] for mask in masks])


def better_polarity(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the counts of images (images, 4) for bright or for dark objects, whichever has more Dice.

    Parameters
    ----------
    counts
        (images, 2, 4), from `otsu_counts`.
    """
    dice = pixel_scores(counts.sum(axis=0)).dice
    better: NDArray[np.int64] = counts[:, int(np.argmax(np.nan_to_num(dice)))]
    return better
