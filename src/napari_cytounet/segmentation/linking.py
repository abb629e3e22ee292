"""One number through a stack: objects of neighbouring planes that overlap are linked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels

LEAST_OVERLAP = 0.3
"""Intersection over union from which on the objects of two planes are one."""


def link_planes(planes: Sequence[PlaneLabels], spool: LabelSpool) -> list[NDArray[np.intp]]:
    """Return for each plane the number of each of its final labels through the whole stack.

    From the first plane on, each object takes the number of the one in the plane before that it overlaps most
    with, if their intersection over union reaches `LEAST_OVERLAP`; where two want the same one, that which
    overlaps more gets it. All others begin a new number.

    Parameters
    ----------
    planes
        Neighbours in the stack, in order, all cut into the same bands.
    spool
        Where their labels are.
    """
    count = planes[0].count
    numbers = [np.arange(count + 1)]
    for before, plane in pairwise(planes):
        partner = _partners(_overlaps(before, plane, spool), before.count, plane.count)
        given = np.where(partner > 0, numbers[-1][partner], 0)
        new = np.flatnonzero(given == 0)[1:]
        given[new] = np.arange(count + 1, count + 1 + len(new))
        count += len(new)
        numbers.append(given)
    return numbers


def _overlaps(
    before: PlaneLabels, after: PlaneLabels, spool: LabelSpool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return pairs of final labels (pairs, 2) of two planes that share pixels, and how many they share."""
    width = after.count + 1
    pairs = np.empty(0, np.int64)
    shared = np.empty(0, np.int64)
    for (_, first), (_, second) in zip(before.bands, after.bands, strict=True):
        both = before.final[spool.get(first)].astype(np.int64) * width + after.final[spool.get(second)]
        found, counts = np.unique(both, return_counts=True)
        pairs, where = np.unique(np.concatenate([pairs, found]), return_inverse=True)
        shared = np.bincount(where, np.concatenate([shared, counts])).astype(np.int64)
    return np.stack(np.divmod(pairs, width), axis=1), shared


def _partners(
    overlaps: tuple[NDArray[Any], NDArray[Any]], count_before: int, count_after: int
) -> NDArray[np.intp]:
    """Return for each label of the later plane that of the earlier one it goes on from, 0 for none."""
    pairs, shared = overlaps
    sizes_before = np.bincount(pairs[:, 0], shared, minlength=count_before + 1)
    sizes_after = np.bincount(pairs[:, 1], shared, minlength=count_after + 1)
    real = (pairs > 0).all(axis=1)
    pairs, shared = pairs[real], shared[real]
    overlap = shared / (sizes_before[pairs[:, 0]] + sizes_after[pairs[:, 1]] - shared)
    partner = np.zeros(count_after + 1, np.intp)
    taken = np.zeros(count_before + 1, bool)
    for number in np.argsort(-overlap, kind="stable"):
        earlier, later = pairs[number]
        if overlap[number] < LEAST_OVERLAP:
            break
        if partner[later] == 0 and not taken[earlier]:
            partner[later], taken[earlier] = earlier, True
    return partner


def numbered_through(planes: Iterable[PlaneLabels], numbers: Iterable[NDArray[np.intp]]) -> list[PlaneLabels]:
    """Return planes whose final labels are their numbers through the stack."""
    linked = []
    for plane, number in zip(planes, numbers, strict=True):
        classes = np.zeros(int(number.max(initial=0)) + 1, plane.classes.dtype)
        classes[number] = plane.classes
        linked.append(replace(plane, final=number[plane.final], classes=classes))
    return linked
