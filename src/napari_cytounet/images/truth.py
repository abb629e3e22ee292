"""What a label means: masks of any kind become classes and objects, the same way for a whole folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_regions

from napari_cytounet.errors import MaskError
from napari_cytounet.images.annotations.drawing import CROWD
from napari_cytounet.images.mask_kinds import check_kind, guess_kind
from napari_cytounet.images.mask_statistics import MaskStatistics, gather_statistics
from napari_cytounet.images.mask_values import (
    MaskPlane,
    MaskValue,
    as_mask_value,
    as_number,
    describe,
    read_mask_plane,
)
from napari_cytounet.images.object_categories import class_of_labels, object_categories
from napari_cytounet.images.outlines import fill_outlines
from napari_cytounet.settings import MaskKind, MaskSettings

if TYPE_CHECKING:
    from napari_cytounet.images.image import Image

_CATEGORISED = (MaskKind.INSTANCES, MaskKind.CLASSES)
UNLABELLED = -1
"""Value of pixels that nobody labelled: they carry no loss and no score anywhere."""


@dataclass(frozen=True)
class Truth:
    """What is known of one plane.

    Attributes
    ----------
    classes
        `UNLABELLED`, 0 for background, 1 and up for the classes; int16, (Y, X).
    instances
        `UNLABELLED`, 0 for background, 1 and up for the objects; int32, (Y, X). None where the masks tell
        no objects apart (kind classes).
    """

    classes: NDArray[np.int16]
    instances: NDArray[np.int32] | None


@dataclass(frozen=True)
class MaskReading:
    """How the masks of one folder are read: the same for every file of it.

    Attributes
    ----------
    kind
        What the values mean.
    reason
        Why this kind, for the user.
    values
        The mask values (or colours) of class 1, 2, … in order, as found over the whole folder. Empty where
        class 1 is everything that is not background.
    invert, ignore_value, empty_planes
        As in `MaskSettings`.
    class_names
        Of class 1, 2, …, where the masks tell the category of each object, as annotations do.
    """

    kind: MaskKind
    reason: str
    values: tuple[MaskValue, ...] = ()
    invert: bool = False
    ignore_value: int | None = None
    empty_planes: bool = False
    class_names: tuple[str, ...] = ()

    @property
    def class_count(self) -> int:
        """Number of classes besides background."""
        if self.class_names:
            return len(self.class_names)
        return len(self.values) if self.kind is MaskKind.CLASSES else 1

    @property
    def names(self) -> tuple[str, ...]:
        """Names of class 1, 2, … while the user gave none: of the annotations, or after the mask values."""
        if self.class_names:
            return self.class_names
        if self.kind is MaskKind.CLASSES:
            return tuple(f"class {value}" for value in self.values)
        return ("foreground",)

    def read(self, mask: Image, index: tuple[int, ...] = ()) -> Truth | None:
        """Read one plane of a mask.

        Returns
        -------
        Truth or None
            None for a plane of a stack that nobody labelled.

        Raises
        ------
        MaskError
            If the plane holds values that cannot be labels, or a class that the folder did not hold.
        """
        plane = read_mask_plane(mask, index, ignore_value=self.ignore_value, empty_planes=self.empty_planes)
        if plane is None:
            return None
        if self.class_names:
            return self._categorised(plane, mask)
        if self.kind is MaskKind.CLASSES:
            return Truth(self._classes(plane, describe(mask, index)), None)
        if self.kind is MaskKind.INSTANCES:
            instances = _as_int32(plane.values)
        else:
            foreground = plane.foreground(self.invert)
            filled = fill_outlines(foreground) if self.kind is MaskKind.OUTLINES else foreground
            instances = connected_regions(filled, connectivity=2).astype(np.int32)
        instances[~plane.labelled] = UNLABELLED
        return Truth(np.sign(instances).astype(np.int16), instances)

    def _categorised(self, plane: MaskPlane, mask: Image) -> Truth:
        of_label = class_of_labels(mask, self.class_names)
        classes = of_label[np.where(plane.labelled, plane.values, 0)]
        classes[~plane.labelled] = UNLABELLED
        if self.kind is MaskKind.CLASSES:
            return Truth(classes, None)
        instances = _as_int32(plane.values)
        instances[~plane.labelled] = UNLABELLED
        return Truth(classes, instances)

    def _classes(self, plane: MaskPlane, described: str) -> NDArray[np.int16]:
        classes = np.full(plane.values.shape, UNLABELLED, dtype=np.int16)
        known = ~plane.labelled
        for number, value in enumerate((0, *self.values)):
            here = plane.values == as_number(value)
            classes[here & plane.labelled] = number
            known |= here
        if not known.all():
            stranger = as_mask_value(int(plane.values[~known][0]))
            raise MaskError(
                f"{described} holds the value {stranger}, which is none of the classes "
                f"{', '.join(map(str, self.values))}. Correct it, or name it with --ignore-value if it marks "
                "pixels that nobody labelled."
            )
        return classes


def understand_masks(masks: Sequence[Image], settings: MaskSettings) -> MaskReading:
    """Find out how the masks of a folder are to be read.

    Every plane of every file is looked at, one at a time. The kind is the one that the user named, if that
    is possible, or the only one that fits the whole folder.

    Parameters
    ----------
    masks
        All masks that are to be read the same way.
    settings
        The kind if the user named it, and what 0 and unlabelled pixels are.

    Raises
    ------
    MaskError
        If a file holds no labels, if all of it is background or all foreground, if the kind that the user
        named is impossible, or if two kinds fit.

    Examples
    --------
    >>> from napari_cytounet.images.image import Image
    >>> square = np.zeros((32, 32), dtype=np.uint8)
    >>> square[8:20, 8:20] = 255
    >>> reading = understand_masks([Image.from_array(square)], MaskSettings())
    >>> reading.kind.value, reading.values, reading.class_count
    ('binary', (255,), 1)
    """
    if not masks:
        raise MaskError("There are no masks to read.")
    folder = _folder(masks)
    told = all(mask.tags.get("kind") == MaskKind.INSTANCES for mask in masks)
    if told and settings.ignore_value is None:
        settings = settings.model_copy(update={"ignore_value": CROWD})
    statistics = gather_statistics(masks, settings)
    _refuse_one_sided(statistics, settings, folder)
    kind, reason = settings.masks, ""
    if kind is None and told:
        kind, reason = MaskKind.INSTANCES, "the files say so"
    elif kind is None:
        kind, reason = guess_kind(statistics, settings, folder)
    elif kind in _CATEGORISED and told:
        reason = "as you said"
    else:
        reason = check_kind(kind, statistics, folder)
    if settings.invert and kind in {MaskKind.CLASSES, MaskKind.INSTANCES}:
        raise MaskError(
            f"The masks in {folder} are {kind} ({reason}), and only masks of two values can be inverted: "
            "leave out --invert, or say --masks binary."
        )
    return MaskReading(
        kind,
        reason,
        values=_class_values(kind, statistics, settings),
        invert=settings.invert,
        ignore_value=settings.ignore_value,
        empty_planes=settings.empty_planes,
        class_names=_class_names(masks, settings) if told and kind in _CATEGORISED else (),
    )


def _class_names(masks: Sequence[Image], settings: MaskSettings) -> tuple[str, ...]:
    """Return the categories of the objects of a folder, in the user's order, or that of the alphabet."""
    names, chosen = object_categories(masks), settings.class_names or ()
    return chosen if set(chosen) == set(names) else names


def _class_values(
    kind: MaskKind, statistics: MaskStatistics, settings: MaskSettings
) -> tuple[MaskValue, ...]:
    if kind is MaskKind.INSTANCES:
        return ()
    if settings.invert:
        return (0,)
    if kind is MaskKind.CLASSES or len(statistics.values) == 1:
        return tuple(as_mask_value(value) for value in sorted(statistics.values))
    return ()


def _refuse_one_sided(statistics: MaskStatistics, settings: MaskSettings, folder: str) -> None:
    """Raise a MaskError if the masks say nothing: all background, all foreground, or nobody labelled them."""
    if statistics.foreground and statistics.background:
        return
    if not statistics.foreground and not statistics.background:
        said = " or of the ignore value" if settings.ignore_value is not None else ""
        raise MaskError(
            f"Nobody labelled the masks in {folder}: every plane is all 0{said}. If empty planes mean that "
            "there is nothing there, say --empty-planes, but label objects in some of them."
        )
    found, other = ("foreground", "background") if statistics.foreground else ("background", "foreground")
    advice = "Check that these are the masks, and that --ignore-value leaves something over."
    if settings.invert:
        advice = "Leave out --invert, or check that these are the masks."
    elif statistics.foreground:
        advice = "0 is background: if another value means background, set it to 0."
    raise MaskError(
        f"The masks in {folder} are all {found}: with no {other} in any of them there is nothing to learn or "
        f"to score. {advice}"
    )


def _as_int32(labels: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Keep labels as they are, or number them anew where the largest exceeds the number of pixels.

    So they fit into 32 bits, and a table with an entry a label stays as small as the plane.
    """
    labels = np.maximum(labels, 0)  # what is ignored may be negative
    if labels.max() > labels.size:
        distinct, ranks = np.unique(labels, return_inverse=True)
        labels = ranks.reshape(labels.shape) + (distinct[0] != 0)
    return labels.astype(np.int32)


def _folder(masks: Sequence[Image]) -> str:
    path = masks[0].path
    if path is None:
        return masks[0].name
    return str(path if len(masks) == 1 else path.parent)
