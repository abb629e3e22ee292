"""Keeping data back to choose weights and thresholds: whole planes, or a part of each where there are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_cytounet.unet.planes import TrainingPlane, classes_held

WHOLE_PLANES_FROM = 6
"""From this many planes on whole planes are kept back; with fewer, a strip of each."""

SMALLEST_STRIP = 0.2
"""Share of a plane in a strip that is kept back, at least."""


@dataclass(frozen=True)
class Split:
    """What is learnt from, what is kept back, and how that was decided."""

    training: list[TrainingPlane]
    validation: list[TrainingPlane]
    description: str


def hold_out(planes: Sequence[TrainingPlane], share: float, seed: int) -> Split:
    """Split planes into those to learn from and those to validate on.

    Parameters
    ----------
    planes
        Labelled planes.
    share
        Share to keep back; 0 keeps nothing back.
    seed
        Of the draw.
    """
    if share == 0:
        return Split(list(planes), [], "nothing kept back")
    if len(planes) >= WHOLE_PLANES_FROM:
        split = _hold_out_planes(planes, share, seed)
        if classes_held(split.training) == classes_held(planes):
            return split
    strips = [_hold_out_strip(plane, max(share, SMALLEST_STRIP)) for plane in planes]
    training = [learnt for learnt, _ in strips]
    validation = [kept for _, kept in strips if bool(kept.labelled.any())]
    if not validation:
        return Split(training, [], "nothing kept back, since every label is needed to learn from")
    return Split(
        training, validation, f"a strip at the edge of {len(validation)} of {len(planes)} planes kept back"
    )


def _hold_out_planes(planes: Sequence[TrainingPlane], share: float, seed: int) -> Split:
    kept = _drawn(planes, share, seed) if _images(planes) >= WHOLE_PLANES_FROM else _end(planes, share)
    names = ", ".join(planes[i].name for i in sorted(kept))
    return Split(
        [plane for i, plane in enumerate(planes) if i not in kept],
        [planes[i] for i in sorted(kept)],
        f"{len(kept)} of {len(planes)} planes kept back: {names}",
    )


def _images(planes: Sequence[TrainingPlane]) -> int:
    return len({plane.source or plane.name for plane in planes})


def _drawn(planes: Sequence[TrainingPlane], share: float, seed: int) -> set[int]:
    """Draw whole images until they hold the share of the planes: neighbours in a stack are too much alike."""
    images: dict[str, list[int]] = {}
    for number, plane in enumerate(planes):
        images.setdefault(plane.source or plane.name, []).append(number)
    drawn = [list(images.values())[i] for i in np.random.default_rng(seed).permutation(len(images))]
    # An image without objects says little about where the threshold should be: take it only if all are such.
    drawn.sort(key=lambda members: not any(bool((planes[i].classes > 0).any()) for i in members))
    wanted = min(max(1, round(share * len(planes))), len(planes) - 1)
    kept: set[int] = set()
    for members in drawn:
        if not kept or len(kept) + len(members) <= wanted:
            kept.update(members)
    return kept


def _end(planes: Sequence[TrainingPlane], share: float) -> set[int]:
    """Return the last planes, which in a stack lie beside one another."""
    count = min(max(1, round(share * len(planes))), len(planes) - 1)
    return set(range(len(planes) - count, len(planes)))


def _hold_out_strip(plane: TrainingPlane, share: float) -> tuple[TrainingPlane, TrainingPlane]:
    """Split one plane at the edge where a strip holds about its share of the objects.

    Where every strip would take all that is labelled of a class, nothing is kept back.
    """
    height, width = plane.labelled.shape
    rows, columns = max(1, round(share * height)), max(1, round(share * width))
    everything = slice(None)
    strips = [
        (everything, slice(width - columns, width)),
        (everything, slice(0, columns)),
        (slice(height - rows, height), everything),
        (slice(0, rows), everything),
    ]
    objects = (plane.classes > 0).double()
    target = share * float(objects.sum())
    strips.sort(key=lambda box: abs(float(objects[box].sum()) - target))
    for strip in strips:
        learnt = plane.only(strip, outside=True)
        if classes_held([learnt]) == classes_held([plane]):
            return learnt, plane.only(strip)
    nothing = (slice(0), slice(0))
    return plane, plane.only(nothing)
