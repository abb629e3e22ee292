"""The whole loop without a window: an annotator who knows the masks teaches a network stroke by stroke."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import Box
from napari_cytounet.correction.annotator import Brush, paint_stroke
from napari_cytounet.correction.field import box_of, found_at
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.places import Place, Places
from napari_cytounet.correction.rounds import RoundLength
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.untouched import UntouchedImages
from napari_cytounet.events import Event, Notice, StrokesPainted
from napari_cytounet.images.truth import Truth
from napari_cytounet.settings import SimulationSettings
from napari_cytounet.unet.network import UNet

FEWEST_ROUNDS = 2
"""Proposals after each stroke, where steps are counted instead of time."""

MOST_LOOKS = 50
"""Places without an error worth a stroke, one after the other, after which the annotator is content."""


@dataclass(frozen=True)
class SimulationPoint:
    """How good the version that was shown was on images never touched.

    Attributes
    ----------
    strokes, pixels
        Painted until then.
    seconds
        Of machine time until then: learning, judging, and looking for places.
    dice
        Of each class, pooled over all pixels.
    precision
        Average precision of the objects at IoU 0.5.
    adopted, proposed
        Versions until then.
    """

    strokes: int
    pixels: int
    seconds: float
    dice: tuple[float, ...]
    precision: float
    adopted: int
    proposed: int

    @property
    def mean_dice(self) -> float:
        """Mean over the classes."""
        return float(np.mean(self.dice))


@dataclass(frozen=True)
class SimulationResult:
    """The curve of a simulated session.

    Attributes
    ----------
    points
        In order.
    looks
        Places that the annotator looked at.
    """

    points: tuple[SimulationPoint, ...]
    looks: int

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {"looks": self.looks, "points": [asdict(point) for point in self.points]}


class Simulation:
    """An annotator at work.

    Parameters
    ----------
    training
        What is taught; nothing is painted yet.
    truths
        Of each of its images, by plane.
    untouched
        Images to score on.
    settings
        How many strokes, how long, and where.
    """

    def __init__(
        self,
        training: CorrectionTraining,
        truths: Sequence[dict[tuple[int, ...], Truth]],
        untouched: UntouchedImages,
        settings: SimulationSettings,
    ) -> None:
        self._training = training
        self._truths = truths
        self._untouched = untouched
        self._settings = settings
        self._places = Places(training, settings.seed)
        self._brush = Brush(settings.stroke_length, settings.stroke_width)
        self._random = np.random.default_rng(settings.seed)
        self._points: list[SimulationPoint] = []
        self._strokes = self._pixels = self._adopted = self._looks = 0
        self._seconds = 0.0

    def run(self, cancel: threading.Event) -> Generator[Event, None, SimulationResult]:
        """Paint and learn until all strokes are painted or nothing is worth one any more."""
        content = 0
        while self._strokes < self._settings.strokes and not cancel.is_set():
            began = time.perf_counter()
            place = self._places.worst() if self._settings.places == "worst" else self._places.random()
            looked = time.perf_counter() - began
            self._places.visit(place)
            self._looks += 1
            if not self._paint(place):
                content += 1
                self._seconds += looked
                if content == MOST_LOOKS:
                    yield Notice(f"Nothing in {MOST_LOOKS} places was worth a stroke: it ends here.")
                    self._score_the_end()
                    break
                continue
            content = 0
            self._strokes += 1
            adopted = self._learn(looked, cancel)
            yield self._report(adopted)
        return SimulationResult(tuple(self._points), self._looks)

    def _paint(self, place: Place) -> bool:
        """Paint one stroke in a place, if anything there is worth it."""
        training = self._training
        plane = training.plane(place.plane)
        truth = self._truths[place.plane.image].get(place.plane.index)
        if truth is None:
            return False
        box = box_of(place, plane)
        classes = truth.classes[box.slices]
        missing = training.missing_classes
        if training.shown is None:
            wanted = int(self._random.choice(missing)) if missing else None
            found: NDArray[np.integer] = np.zeros_like(classes)
        else:
            wanted = None
            found = found_at(training.shown.network, plane, place, box, training)
        painted = paint_stroke(classes, found, self._brush, wanted=wanted)
        if painted is None:
            return False
        rows, columns = (np.flatnonzero(painted.any(axis=axis)) for axis in (1, 0))
        stroke = Box(
            box.top + int(rows[0]),
            box.left + int(columns[0]),
            box.top + int(rows[-1]) + 1,
            box.left + int(columns[-1]) + 1,
        )
        new = painted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        values = np.where(new > 0, new, training.supervision.values(place.plane, stroke))
        training.take([Entry(training.latest + 1, place.plane, Layer.STROKES, stroke, values, 0.0)])
        self._pixels += int(np.count_nonzero(new))
        return True

    def _learn(self, looked: float, cancel: threading.Event) -> bool:
        """Learn until the next stroke; tell whether a version that knows the last one is shown."""
        training, settings = self._training, self._settings
        if training.missing_classes:
            return False
        began = time.perf_counter() - looked
        until = began + settings.seconds
        known = training.latest
        if settings.steps is not None:
            for _ in range(FEWEST_ROUNDS):
                training.learn(settings.steps // FEWEST_ROUNDS)
                self._adopted += training.propose().adopted
        else:
            while not cancel.is_set():
                length = RoundLength(training.steps)
                while training.steps_left and not length.is_over(training.steps):
                    if time.perf_counter() >= until:
                        break
                    training.learn(1)
                self._adopted += training.propose().adopted
                if not training.steps_left or time.perf_counter() >= until:
                    break
        self._seconds += time.perf_counter() - began
        return training.shown is not None and training.shown.knows >= known

    def _report(self, adopted: bool) -> StrokesPainted:
        dice, precision = math.nan, math.nan
        due = self._strokes % self._settings.score_every == 0 or self._strokes == self._settings.strokes
        if due and self._training.shown is not None:
            point = self._score(self._training.shown.network)
            dice, precision = point.mean_dice, point.precision
        return StrokesPainted(self._strokes, self._seconds, dice, precision, adopted)

    def _score_the_end(self) -> None:
        """Score what the last strokes made, if that was not due by their number."""
        scored = self._points[-1].strokes if self._points else 0
        if self._training.shown is not None and scored < self._strokes:
            self._score(self._training.shown.network)

    def _score(self, network: UNet) -> SimulationPoint:
        scores = self._untouched.score(network)
        point = SimulationPoint(
            self._strokes,
            self._pixels,
            self._seconds,
            scores.dice,
            scores.precision,
            self._adopted,
            self._training.proposals,
        )
        self._points.append(point)
        return point
