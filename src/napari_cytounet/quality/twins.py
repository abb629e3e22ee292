"""Fields that occur twice: copies, crops, flips and neighbouring frames, and masks used for two images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.quality.fields import MOST_LANDMARKS, Field, posed
from napari_cytounet.quality.findings import Finding, found
from napari_cytounet.quality.severities import Severity

if TYPE_CHECKING:
    from napari_cytounet.quality.digest import Digest
    from napari_cytounet.quality.survey import Survey

ALIKE = 0.9
"""Cosine of descriptors from which on landmarks may be the same."""

LEAST_VOTES = 4
"""Landmarks that must agree on how one field lies on another."""

SAME_FIELD, SAME_IMAGE = 0.6, 0.93
"""Correlation of the structure of two images, where they overlap: the same place, and the same picture."""

LEAST_OVERLAP = 0.2
"""Share of the smaller field that must overlap."""

SAME_MASK, SAME_FEW_OBJECTS = 0.97, 0.995
"""Correlation of two masks that were not drawn twice; single round cells may look much alike."""

FEW_OBJECTS = 3

AT_ONCE = 20_000_000
"""Pairs of landmarks that are compared in one multiplication: 80 MB."""


@dataclass(frozen=True)
class Twins:
    """Two digests that show the same field.

    Attributes
    ----------
    first, second
        Their places in the survey.
    correlation
        Of their structure, where they overlap.
    overlap
        Share of the smaller one that overlaps.
    how
        In words: "the same pixels", "mirrored or turned", "a part of it", "nearly the same".
    """

    first: int
    second: int
    correlation: float
    overlap: float
    how: str


def find_twins(digests: Sequence[Digest]) -> list[Twins]:
    """Compare all fields with each other."""
    twins: dict[tuple[int, int], Twins] = {}
    for first, second in _same_pixels(digests):
        twins[first, second] = Twins(first, second, 1.0, 1.0, "the same pixels")
    fields = [digest.field for digest in digests]
    for first, second, pose, shift in _candidates(fields):
        if (first, second) in twins or digests[first].file is digests[second].file:
            continue
        correlation, overlap = overlap_correlation(
            fields[first].view, posed(fields[second].view, pose), shift
        )
        if correlation >= SAME_FIELD and overlap >= LEAST_OVERLAP:
            known = twins.get((first, second))
            if known is None or known.correlation < correlation:
                twins[first, second] = Twins(
                    first, second, correlation, overlap, _how(pose, overlap, correlation)
                )
    return list(twins.values())


def judge_twins(survey: Survey) -> Iterator[Finding]:
    """Report leaks between training and validation, and images that are there twice."""
    for twins in survey.twins:
        first, second = survey.digests[twins.first], survey.digests[twins.second]
        shown = f"{first.file.image.name} and {second.file.image.name} show the same field: {twins.how}"
        shown += f" (correlation {twins.correlation:.2f}, {twins.overlap:.0%} of the smaller one)."
        if first.file.part != second.file.part:
            kept = second if second.file.part == "validation" else first
            learnt = first if kept is second else second
            yield found("image-leaked", shown, kept.image_place(), others=(learnt.file.image,))
            continue
        is_same = twins.correlation >= SAME_IMAGE
        yield found(
            "image-duplicate",
            shown,
            second.image_place(),
            others=(first.file.image,),
            severity=None if is_same else Severity.LOW,
        )


def judge_reused_masks(survey: Survey) -> Iterator[Finding]:
    """Report masks that belong to two images of different fields."""
    same_field = {(twins.first, twins.second) for twins in survey.twins}
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, digest in enumerate(survey.digests):
        if digest.field.mask is not None and digest.field.mask.any() and digest.foreground != 1:
            by_shape[digest.field.mask.shape].append(number)
    for numbers in by_shape.values():
        masks = [survey.digests[number].field.mask for number in numbers]
        flat = np.stack([mask.ravel() for mask in masks if mask is not None]).astype(np.float32)
        flat -= flat.mean(axis=1, keepdims=True)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        alike = flat @ flat.T
        for first, second in np.argwhere(np.triu(alike, 1) >= SAME_MASK).tolist():
            pair = numbers[first], numbers[second]
            one, other = (survey.digests[number] for number in pair)
            if pair in same_field or one.file is other.file or one.file.mask is None:
                continue
            objects = 0 if one.objects is None else len(one.objects.areas)
            if objects <= FEW_OBJECTS and alike[first, second] < SAME_FEW_OBJECTS:
                continue
            yield found(
                "mask-reused",
                f"The masks of {one.file.image.name} and {other.file.image.name} are the same; the images "
                f"are not.",
                other.mask_place(),
                others=(one.file.mask, one.file.image, other.file.image),
            )


def overlap_correlation(
    first: NDArray[np.generic], second: NDArray[np.generic], shift: tuple[int, int]
) -> tuple[float, float]:
    """Return the correlation of two views where they overlap, and the share of the smaller one that does.

    Parameters
    ----------
    first, second
        The views.
    shift
        Row and column of the first in which the second begins.
    """
    tops = [max(0, at) for at in shift]
    ends = [
        min(length, at + other) for length, at, other in zip(first.shape, shift, second.shape, strict=True)
    ]
    if any(end - top < 8 for top, end in zip(tops, ends, strict=True)):
        return 0.0, 0.0
    box = tuple(slice(top, end) for top, end in zip(tops, ends, strict=True))
    other = tuple(slice(top - at, end - at) for top, end, at in zip(tops, ends, shift, strict=True))
    one, two = first[box].astype(np.float32).ravel(), second[other].astype(np.float32).ravel()
    one, two = one - one.mean(), two - two.mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(two))
    correlation = float(one @ two) / lengths if lengths > 0 else 0.0
    return correlation, one.size / min(first.size, second.size)


def _same_pixels(digests: Sequence[Digest]) -> Iterator[tuple[int, int]]:
    seen: dict[str, int] = {}
    for number, digest in enumerate(digests):
        if digest.exposure.is_blank:
            continue
        first = seen.setdefault(digest.content_hash, number)
        if first != number:
            yield first, number


def _candidates(fields: Sequence[Field]) -> Iterator[tuple[int, int, int, tuple[int, int]]]:
    """Yield pairs of fields whose landmarks agree on a pose and a shift of the second on the first."""
    owner = np.repeat(np.arange(len(fields)), [len(field.landmarks) for field in fields])
    if not len(owner):
        return
    everything = np.concatenate([field.descriptors for field in fields]).astype(np.float32)
    starts = np.searchsorted(owner, np.arange(len(fields) + 1))
    step = max(1, AT_ONCE // (MOST_LANDMARKS * len(owner)))
    for begin in range(0, len(fields), step):
        rows = slice(starts[begin], starts[min(begin + step, len(fields))])
        alike = np.argwhere(everything[rows] @ everything[rows.start :].T >= ALIKE) + rows.start
        first, second = owner[alike[:, 0]], owner[alike[:, 1]]
        alike = alike[first < second]
        pairs = owner[alike[:, 0]] * len(fields) + owner[alike[:, 1]]
        order = np.argsort(pairs, kind="stable")
        numbers, where, counts = np.unique(pairs[order], return_index=True, return_counts=True)
        for number, at, count in zip(numbers.tolist(), where.tolist(), counts.tolist(), strict=True):
            if count < LEAST_VOTES:
                continue
            one, two = divmod(number, len(fields))
            matches = alike[order[at : at + count]] - [starts[one], starts[two]]
            agreed = _agreed(fields[one], fields[two], matches)
            if agreed is not None:
                yield one, two, *agreed


def _agreed(first: Field, second: Field, matches: NDArray[np.intp]) -> tuple[int, tuple[int, int]] | None:
    """Return the pose and shift on which most matches agree, if enough do."""
    votes: dict[tuple[int, int, int], set[tuple[int, int]]] = defaultdict(set)
    shifts: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for one, two in matches.tolist():
        pose = relative_pose(int(second.poses[two]), int(first.poses[one]))
        moved = _place_posed(second.landmarks[two], second.view.shape, pose)
        shift = (int(first.landmarks[one, 0]) - moved[0], int(first.landmarks[one, 1]) - moved[1])
        bin_ = (pose, round(shift[0] / 4), round(shift[1] / 4))
        votes[bin_].add((one, two))
        shifts[bin_].append(shift)
    best = max(
        votes,
        key=lambda bin_: min(len({one for one, _ in votes[bin_]}), len({two for _, two in votes[bin_]})),
    )
    if min(len({one for one, _ in votes[best]}), len({two for _, two in votes[best]})) < LEAST_VOTES:
        return None
    rows, columns = np.median(shifts[best], axis=0).round().astype(int).tolist()
    return best[0], (rows, columns)


@cache
def relative_pose(of_second: int, of_first: int) -> int:
    """Return the pose that brings the second to the first, of which each has its pose to the standard."""
    probe = np.arange(6).reshape(2, 3)
    wanted = posed(probe, of_second)
    return next(
        pose
        for pose in range(8)
        if posed(posed(probe, pose), of_first).shape == wanted.shape
        and np.array_equal(posed(posed(probe, pose), of_first), wanted)
    )


def _place_posed(place: NDArray[np.int16], shape: tuple[int, ...], pose: int) -> tuple[int, int]:
    """Return where a pixel of a view comes to lie when the view is posed."""
    row = shape[0] - 1 - int(place[0]) if pose & 1 else int(place[0])
    column = shape[1] - 1 - int(place[1]) if pose & 2 else int(place[1])
    return (column, row) if pose & 4 else (row, column)


def _how(pose: int, overlap: float, correlation: float) -> str:
    words = []
    if pose:
        words.append("mirrored or turned")
    if overlap < 0.9:
        words.append("they overlap in part")
    if correlation < SAME_IMAGE:
        words.append("as neighbouring frames or planes do")
    return ", ".join(words) or "the same picture"
