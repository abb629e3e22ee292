"""Whether a new version is better: how many strokes it obeys, and how it does on those it did not learn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.strokes import OBEYED, Stroke
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.segmentation.thresholds import apply_thresholds
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.network import UNet, probabilities

SIDE = 96
"""Side of the window around a stroke that is looked at, in working pixels."""

BATCH = 16

NOISE = 2.0
"""Standard errors that a version may be worse by on what it did not learn."""

CHANCE = 0.1
"""How much less of a stroke is chance: two standard errors of a share of four fifths of 64 pixels.

A stroke that was painted over an edge is found to about four fifths for good, and had version after version
turned down for a pixel.
"""


@torch.inference_mode()
def share_right(
    network: UNet,
    strokes: Sequence[Stroke],
    plane_of: Callable[[PlaneKey], WorkingPlane],
    thresholds: Sequence[float],
    device: Device,
) -> dict[int, float]:
    """Return the share of each stroke that a network finds as it was painted, by the stroke's number."""
    result: dict[int, float] = {}
    for start in range(0, len(strokes), BATCH):
        batch = strokes[start : start + BATCH]
        corners = [_corner(stroke, network.stride) for stroke in batch]
        windows = torch.stack(
            [
                plane_of(stroke.plane).pixels((top, top + SIDE), (left, left + SIDE))
                for stroke, (top, left) in zip(batch, corners, strict=True)
            ]
        ).to(device.torch_device, memory_format=torch.channels_last)
        with device.autocast():
            logits = network(windows)[:, : network.logits]
        likely = probabilities(logits.float()).cpu().numpy()
        found = [apply_thresholds(window, thresholds) for window in likely]
        for stroke, classes, (top, left) in zip(batch, found, corners, strict=True):
            rows, columns = stroke.points[:, 0] - top, stroke.points[:, 1] - left
            inside = (rows >= 0) & (rows < SIDE) & (columns >= 0) & (columns < SIDE)
            right = classes[rows[inside], columns[inside]] == stroke.classes[inside]
            result[stroke.number] = float(right.mean())
    return result


def count_obeyed(shares: Mapping[int, float]) -> int:
    """Return how many strokes are obeyed, given what share of each is found."""
    return sum(share >= OBEYED for share in shares.values())


@dataclass(frozen=True)
class Verdict:
    """How a candidate compares with the version that is shown.

    Attributes
    ----------
    adopted
        Whether it takes its place.
    obeyed, obeyed_before, judged
        Strokes that each obeys, of those that both were judged on.
    difference, error
        Mean difference of the share right on strokes that the candidate did not learn from lately, and its
        standard error; NaN where there are fewer than two.
    """

    adopted: bool
    obeyed: int
    obeyed_before: int
    judged: int
    difference: float = math.nan
    error: float = math.nan


def compare(
    candidate: Mapping[int, float], shown: Mapping[int, float] | None, held_out: frozenset[int]
) -> Verdict:
    """Decide whether a candidate takes the place of the version that is shown.

    It does unless it obeys fewer strokes, those aside of which a little less is found by chance, or does
    worse on the strokes that were held out, beyond the noise of so few.

    Parameters
    ----------
    candidate, shown
        Share of each stroke that each finds; None where nothing is shown yet.
    held_out
        Strokes that the candidate did not learn from in its last round.

    Examples
    --------
    >>> compare({1: 0.9, 2: 0.2}, {1: 0.9, 2: 0.1}, frozenset()).adopted
    True
    >>> compare({1: 0.3, 2: 0.2}, {1: 0.9, 2: 0.1}, frozenset()).adopted
    False
    """
    obeyed = count_obeyed(candidate)
    if shown is None:
        return Verdict(True, obeyed, 0, len(candidate))
    by_chance = sum(
        shown[number] >= OBEYED > share >= shown[number] - CHANCE for number, share in candidate.items()
    )
    before = count_obeyed(shown)
    as_many = obeyed + by_chance >= before
    differences = np.array([candidate[number] - shown[number] for number in held_out if number in candidate])
    if len(differences) < 2:
        return Verdict(as_many, obeyed, before, len(candidate))
    difference = float(differences.mean())
    error = float(differences.std(ddof=1) / math.sqrt(len(differences)))
    worse = difference < -max(NOISE * error, 0.02)
    return Verdict(as_many and not worse, obeyed, before, len(candidate), difference, error)


def _corner(stroke: Stroke, stride: int) -> tuple[int, int]:
    row, column = stroke.centre
    top, left = row - SIDE // 2, column - SIDE // 2
    stride = min(stride, SIDE // 4)  # of a deep network: the stroke is to stay in the window
    return top - top % stride, left - left % stride
