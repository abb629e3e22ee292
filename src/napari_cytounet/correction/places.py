"""Where a correction is worth most: the next place to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.latest_versions import Learnt
from napari_cytounet.correction.working_plane import WorkingPlane
from napari_cytounet.unet.inference import Interval, for_inference, predict_box
from napari_cytounet.unet.network import UNet

FIELD = 256
"""Side of a candidate, in working pixels."""

CANDIDATES = 24
"""Fields that are compared each time: so it takes as long in a thousand images as in one."""

FINALISTS = 4
"""Those of them on which the version before is asked too."""

OBJECT = 15
"""Side in working pixels of the square over which doubt is averaged: doubt at every outline is no news."""

HALO = 32

Visits = dict[tuple[PlaneKey, int, int], int]
"""Plane, and row and column of a square of `FIELD` working pixels in it."""


@dataclass(frozen=True)
class Place:
    """A field of a plane, in working pixels.

    Attributes
    ----------
    plane
        Which.
    top, left, height, width
        The field.
    worth
        How much a correction there is worth, to compare with others.
    """

    plane: PlaneKey
    top: int
    left: int
    height: int
    width: int
    worth: float = 0.0

    @property
    def rows(self) -> Interval:
        """From its first working row to the one after its last."""
        return self.top, self.top + self.height

    @property
    def columns(self) -> Interval:
        """The same of its columns."""
        return self.left, self.left + self.width


class Places:
    """Proposes places, and remembers those that were visited.

    Parameters
    ----------
    training
        Whose versions doubt.
    seed
        Of the candidates.
    visits
        How often the user was where, to go on from what `visits` was earlier.

    Attributes
    ----------
    visits
        How often the user was in which square of which plane.
    """

    def __init__(self, training: Learnt, seed: int, visits: Visits | None = None) -> None:
        self._training = training
        self._random = np.random.default_rng(seed)
        self.visits: Visits = dict(visits or {})

    def random(self) -> Place:
        """Return any place."""
        return self._candidates(1)[0]

    def worst(self) -> Place:
        """Return the place where a correction is worth most, of some candidates."""
        networks = [
            for_inference(version.network, self._training.device)
            for version in (self._training.shown, self._training.former)
            if version is not None
        ]
        newest, former = networks[:1], networks[1:]
        rated = []
        for place in dict.fromkeys(self._candidates(CANDIDATES)):  # a small image comes up again and again
            likely = self._likely(place, newest)
            rated.append((self._rated(place, likely), likely))
        if former:  # both are asked only where the latest version doubts most
            rated.sort(key=lambda found: found[0].worth)
            rated = [
                (self._rated(place, likely + self._likely(place, former)), likely)
                for place, likely in rated[-FINALISTS:]
            ]
        return max((place for place, _ in rated), key=lambda place: place.worth)

    def visit(self, place: Place) -> None:
        """Remember that the user was there."""
        at = self._square(place)
        self.visits[at] = self.visits.get(at, 0) + 1

    def _candidates(self, count: int) -> list[Place]:
        planes = self._training.planes
        areas = np.array([plane.height * plane.width for plane in planes], dtype=np.float64)
        chosen = self._random.choice(len(planes), size=count, p=areas / areas.sum())
        return [self._anywhere(planes[int(place)]) for place in chosen]

    def _anywhere(self, plane: WorkingPlane) -> Place:
        height, width = min(FIELD, plane.height), min(FIELD, plane.width)
        top = int(self._random.integers(plane.height - height + 1))
        left = int(self._random.integers(plane.width - width + 1))
        return Place(plane.key, top - top % 8, left - left % 8, height, width)

    def _likely(self, place: Place, networks: list[UNet]) -> list[NDArray[np.float32]]:
        plane = self._training.plane(place.plane)
        return [predict_place(network, plane, place, self._training) for network in networks]

    def _rated(self, place: Place, likely: list[NDArray[np.float32]]) -> Place:
        """Rate a place by what the latest version finds there, and the one before if it was asked."""
        if likely:
            doubt = _doubt(likely[0])
            if len(likely) > 1:
                doubt = doubt + np.abs(likely[0] - likely[1]).sum(axis=0)
        else:  # nothing is known yet: where the image varies most
            plane = self._training.plane(place.plane)
            pixels = plane.pixels(place.rows, place.columns).numpy()
            doubt = np.abs(pixels - np.median(pixels, axis=(1, 2), keepdims=True)).mean(axis=0)
        blurred = ndimage.uniform_filter(doubt, OBJECT)
        worth = float(blurred.max()) / (1 + self.visits.get(self._square(place), 0))
        return Place(place.plane, place.top, place.left, place.height, place.width, worth)

    def _square(self, place: Place) -> tuple[PlaneKey, int, int]:
        return place.plane, (place.top + FIELD // 2) // FIELD, (place.left + FIELD // 2) // FIELD


def predict_place(network: UNet, plane: WorkingPlane, place: Place, training: Learnt) -> NDArray[np.float32]:
    """Return probabilities of a place, (K, Y, X) in working pixels; the network is one for inference."""
    found = predict_box(network, plane.pixels, place.rows, place.columns, halo=HALO, device=training.device)
    likely: NDArray[np.float32] = found[: network.classes].cpu().numpy()
    return likely


def _doubt(likely: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how undecided the probabilities are, 0 to 1."""
    background = 1 - likely.sum(axis=0, keepdims=True)
    best: NDArray[np.float32] = np.concatenate([background, likely]).max(axis=0)
    return 2 * (1 - best)
