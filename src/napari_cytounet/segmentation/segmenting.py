"""A plane in memory becomes labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import SettingsError
from napari_cytounet.segmentation.cleaning import fill_holes, large_enough
from napari_cytounet.segmentation.instances import (
    classes_of_objects,
    label_objects,
    prevailing_classes,
    smallest_dtype,
    split_touching,
)
from napari_cytounet.segmentation.seeded import label_seeds
from napari_cytounet.segmentation.thresholds import apply_thresholds, find_threshold, reaches
from napari_cytounet.settings import ThresholdSettings


@dataclass(frozen=True)
class Segmentation:
    """What was found in one plane.

    Attributes
    ----------
    classes
        Class map (Y, X): 0 background, 1 to K the classes.
    instances
        Labels of single objects (Y, X), in the smallest unsigned dtype that holds their number.
    instance_classes
        Class of each label; index 0 is the background.
    """

    classes: NDArray[Any]
    instances: NDArray[Any]
    instance_classes: NDArray[Any]

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.instance_classes) - 1


class Cores(NamedTuple):
    """Where the cores of objects are, (Y, X) bool, and how many pixels each grows at most."""

    where: NDArray[np.bool_]
    reach: int


def segment(
    probabilities: NDArray[Any],
    thresholds: Sequence[float],
    settings: ThresholdSettings,
    cores: Cores | None = None,
) -> Segmentation:
    """Turn probabilities into a class map and single objects.

    Parameters
    ----------
    probabilities
        (K, Y, X): one channel a foreground class.
    thresholds
        K numbers, one a class.
    settings
        Whether to fill holes, remove small objects and split touching ones. `method` and `value` are not
        looked at: the thresholds are given.
    cores
        Of the objects, from a model with an instance head: they part those that touch.
    """
    return segment_classes(apply_thresholds(probabilities, thresholds), settings, cores)


def segment_classes(
    classes: NDArray[Any], settings: ThresholdSettings, cores: Cores | None = None
) -> Segmentation:
    """Clean a class map (Y, X) and number its objects; one that is removed leaves the class map too."""
    if settings.fill_holes:
        classes = fill_holes(classes)
    if cores is not None and not settings.split_touching:
        instances = label_seeds(cores.where, classes > 0, cores.reach)
        of_label = prevailing_classes(instances, classes)
        classes = of_label[instances]
    else:
        instances = split_touching(classes) if settings.split_touching else label_objects(classes)
        of_label = classes_of_objects(instances, classes)
    if settings.min_size > 1:
        renumbered = large_enough(np.bincount(instances.ravel()), settings.min_size)
        of_label = of_label[np.append(0, np.flatnonzero(renumbered))]
        instances = smallest_dtype(renumbered[instances])
        classes = of_label[instances]
    return Segmentation(classes, instances, of_label)


def threshold_image(
    image: NDArray[Any], settings: ThresholdSettings, thresholds: Sequence[float] | None = None
) -> Segmentation:
    """Turn an image in memory into labels.

    Parameters
    ----------
    image
        Raw intensities (Y, X), or probabilities (K, Y, X) with one channel a foreground class.
    settings
        How. The method `calibrated` needs `thresholds`.
    thresholds
        Thresholds of the classes, as a model carries them.

    Raises
    ------
    SettingsError
        The method is `calibrated` and no thresholds were given, or there are not as many as classes.

    Examples
    --------
    >>> image = np.zeros((8, 8), np.uint16)
    >>> image[1:3, 1:3] = image[5:8, 4:8] = 900
    >>> found = threshold_image(image, ThresholdSettings(method="otsu"))
    >>> found.count, int((found.instances == 2).sum())
    (2, 12)
    """
    plane = image if image.ndim == 3 else image[np.newaxis]
    chosen = choose_thresholds(plane, settings, thresholds)
    return segment_classes(classify(plane, chosen, settings), settings)


def choose_thresholds(
    plane: NDArray[Any], settings: ThresholdSettings, calibrated: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return the threshold of each channel of a plane (C, Y, X) by the method of the settings."""
    if settings.method == "fixed" or settings.method == "calibrated":
        return known_thresholds(len(plane), settings, calibrated)
    return tuple(find_threshold(channel, settings.method) for channel in plane)


def known_thresholds(
    count: int, settings: ThresholdSettings, calibrated: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return the thresholds of the methods `fixed` and `calibrated`, which no image is needed for.

    Parameters
    ----------
    count
        Number of channels.
    settings
        The method, and the value of `fixed`.
    calibrated
        Thresholds that came with a model.
    """
    if settings.method == "fixed":
        if settings.value is None:
            raise SettingsError("the method fixed needs a value")
        return (settings.value,) * count
    if calibrated is None:
        raise SettingsError(
            "the method calibrated needs the thresholds that a model's probabilities carry: "
            "for a raw image choose another method, such as otsu"
        )
    if len(calibrated) != count:
        raise SettingsError(f"{count} classes need as many thresholds, but {len(calibrated)} are given")
    return tuple(calibrated)


def classify(plane: NDArray[Any], thresholds: Sequence[float], settings: ThresholdSettings) -> NDArray[Any]:
    """Return the class map (Y, X) of a plane (C, Y, X): the plain comparison, quick enough for a preview."""
    if len(thresholds) == 1:
        return reaches(plane[0], thresholds[0], dark_objects=settings.dark_objects).view(np.uint8)
    if settings.dark_objects:
        raise SettingsError("dark objects are looked for in images of one channel, not among several classes")
    return apply_thresholds(plane, thresholds)
