"""What the values of the masks mean, found out although some of the masks are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.ndimage as ndi
from numpy.typing import NDArray

from napari_cytounet.errors import CytounetError, MaskError
from napari_cytounet.images.image import Image
from napari_cytounet.images.mask_kinds import guess_kind
from napari_cytounet.images.mask_pieces import FEW_VALUES, is_blurred_binary, measure_pieces
from napari_cytounet.images.mask_statistics import MOST_VALUES, MaskStatistics, gather_statistics
from napari_cytounet.images.mask_values import as_mask_value, read_mask_plane
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.quality.findings import Finding, Place, found
from napari_cytounet.settings import MaskKind, MaskSettings

if TYPE_CHECKING:
    from napari_cytounet.quality.survey import Survey

LEAST_SWAPPED = 0.5
"""Share of the pixels that a foreground covers that may be the background."""

BORDER_SWAPPED = 0.95
"""Share of the border that such a foreground covers: objects seldom do."""

MORE_PARTS = 2
"""The background of a swapped mask lies in so many times more parts than its foreground."""

RARE = 0.002
"""Share of the labelled pixels below which a class is rare."""

WHOLE_OBJECTS = 0.9
"""Share of the values that lie in one piece each, from which on they are objects and no classes."""


@dataclass(frozen=True)
class MaskValues:
    """What one mask file holds.

    Attributes
    ----------
    statistics
        None where the file holds no labels.
    spoilt
        Code of what is wrong with the values; empty if nothing is.
    problem
        In words.
    looks_swapped
        Whether the foreground of its first plane surrounds the background.
    """

    statistics: MaskStatistics | None
    spoilt: str = ""
    problem: str = ""
    looks_swapped: bool = False


def look_at_values(mask: Image, settings: MaskSettings) -> MaskValues:
    """Count the values of a mask, and say what is wrong with them."""
    try:
        spoilt = next((code for index in mask.planes if (code := _spoilt(mask, index, settings))), "")
        if spoilt == "mask-grey":
            return MaskValues(None, spoilt, "There are grey values between background and foreground.")
        first = read_mask_plane(mask, mask.planes[0], ignore_value=settings.ignore_value, empty_planes=True)
        swapped = first is not None and surrounds(first.foreground(settings.invert))
        return MaskValues(gather_statistics([mask], settings), looks_swapped=swapped)
    except MaskError as error:
        return MaskValues(None, "mask-photograph", str(error))
    except CytounetError as error:
        return MaskValues(None, "file-unreadable", str(error))


def understand(
    values: Sequence[MaskValues], settings: MaskSettings, folder: Path
) -> tuple[MaskReading | None, list[Finding]]:
    """Find out how the masks are read, as training would, and what stands in the way.

    Returns
    -------
    MaskReading or None
        None where no mask can be read.
    list of Finding
        About the folder.
    """
    good = [part.statistics for part in values if part.statistics is not None]
    if not good:
        return None, []
    statistics = _together(good)
    findings: list[Finding] = []
    kind = settings.masks
    if _objects_named_classes(statistics, settings):
        findings.append(
            found(
                "instances-as-classes",
                f"Nearly every one of {len(statistics.values)} values or more is one connected piece, as "
                "numbers of objects are.",
                Place(folder),
            )
        )
        kind = MaskKind.INSTANCES
    elif kind is None and statistics.values:
        try:
            kind, _ = guess_kind(statistics, settings, str(folder))
        except MaskError as error:
            kind = _likely_kind(statistics)
            if kind is not MaskKind.OUTLINES:  # the detector of outlines tells of them
                findings.append(found("mask-ambiguous", str(error), Place(folder)))
    kind = kind or MaskKind.BINARY
    numbers = sorted(statistics.values)
    classes = tuple(as_mask_value(number) for number in numbers) if kind is MaskKind.CLASSES else ()
    reading = MaskReading(
        kind,
        "",
        values=classes,
        invert=settings.invert and kind in {MaskKind.BINARY, MaskKind.OUTLINES},
        ignore_value=settings.ignore_value,
        empty_planes=True,
    )
    return reading, findings


def mostly_swapped(values: Sequence[MaskValues], reading: MaskReading) -> bool:
    """Tell whether the foreground surrounds the background in most masks of a folder."""
    if reading.kind is not MaskKind.BINARY or reading.invert:
        return False
    filled = [part for part in values if part.statistics is not None and part.statistics.planes]
    return sum(part.looks_swapped for part in filled) > len(filled) / 2


def surrounds(foreground: NDArray[np.bool_]) -> bool:
    """Tell whether a foreground is more like what is around objects: large, at the border, in fewer parts.

    Examples
    --------
    >>> mask = np.zeros((20, 20), dtype=bool)
    >>> mask[5:10, 5:10] = True
    >>> surrounds(mask), surrounds(~mask)
    (False, True)
    """
    if foreground.mean() <= LEAST_SWAPPED:
        return False
    sides = np.concatenate([foreground[0], foreground[-1], foreground[:, 0], foreground[:, -1]])
    if sides.mean() > BORDER_SWAPPED:
        return True
    parts, holes = (ndi.label(pixels)[1] for pixels in (foreground, ~foreground))
    return bool(holes >= MORE_PARTS * parts)


def judge_foregrounds(survey: Survey) -> Iterator[Finding]:
    """Report masks that are empty, full or inverted, one by one."""
    for digest in survey.digests:
        if digest.foreground is None:
            continue
        if digest.foreground == 0:
            if not digest.plane:
                yield found("mask-empty", "All of the mask is background.", digest.mask_place())
        elif digest.foreground == 1:
            yield found("mask-full", "All of the mask is foreground.", digest.mask_place())
        elif digest.looks_swapped and digest.busyness < 1 and survey.kind is MaskKind.BINARY:
            usual = float(
                np.median([other.foreground for other in survey.digests if other.foreground is not None])
            )
            if usual < LEAST_SWAPPED:
                yield found(
                    "mask-inverted",
                    f"The foreground covers {digest.foreground:.0%} of the image (in the median mask "
                    f"{usual:.0%}), "
                    "surrounds the background, and is where the image is empty.",
                    digest.mask_place(),
                    others=(digest.file.image,),
                )


def judge_balance(survey: Survey) -> Iterator[Finding]:
    """Report classes that hold few of the pixels."""
    shares = [digest.class_shares for digest in survey.digests if digest.class_shares is not None]
    if not shares:
        return
    mean = np.mean([np.pad(share, (0, survey.class_count + 1 - len(share))) for share in shares], axis=0)
    for number, share in enumerate(mean):
        if share < RARE:
            name = (
                "background"
                if number == 0
                else "the foreground"
                if survey.class_count == 1
                else f"class {number}"
            )
            yield found(
                "class-imbalance",
                f"Of all labelled pixels {share:.2%} are {name}.",
                Place(survey.mask_folder),
            )


def _spoilt(mask: Image, index: tuple[int, ...], settings: MaskSettings) -> str:
    plane = read_mask_plane(mask, index, ignore_value=settings.ignore_value, empty_planes=True)
    if plane is None or not is_blurred_binary(plane.values[plane.labelled]):
        return ""
    return "mask-grey" if measure_pieces(plane.values).scattered else ""


def _together(parts: Sequence[MaskStatistics]) -> MaskStatistics:
    """Return the statistics of several masks as those of one folder."""
    whole = MaskStatistics()
    for part in parts:
        for value, pixels in part.values.items():
            if value in whole.values or len(whole.values) <= MOST_VALUES:
                whole.values[value] += pixels
        whole.one_value_each &= part.one_value_each
        whole.foreground += part.foreground
        whole.background += part.background
        whole.labels += part.labels
        whole.whole_labels += part.whole_labels
        whole.planes += part.planes
        whole.ring_planes += part.ring_planes
        whole.enclosed += part.enclosed
    return whole


def _objects_named_classes(statistics: MaskStatistics, settings: MaskSettings) -> bool:
    if settings.masks is not MaskKind.CLASSES:
        return False
    several = len(statistics.values) > FEW_VALUES
    return several and statistics.whole_labels >= WHOLE_OBJECTS * statistics.labels


def _likely_kind(statistics: MaskStatistics) -> MaskKind:
    """Return the kind to go on with where two fit."""
    if statistics.ring_planes > statistics.planes / 2:
        return MaskKind.OUTLINES
    if statistics.labels and statistics.whole_labels >= WHOLE_OBJECTS * statistics.labels:
        return MaskKind.INSTANCES
    return MaskKind.CLASSES if 1 < len(statistics.values) <= FEW_VALUES else MaskKind.BINARY
