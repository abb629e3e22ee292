"""The strokes that are taught: where they lie, how well each is obeyed, and which are learnt from next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.supervision import Supervision
from napari_cytounet.correction.working_plane import WorkingPlane

OBEYED = 0.8
"""Share of a stroke's pixels that must be found as painted for it to count as obeyed."""

FOLDS = 5
"""Parts that strokes are divided into by place: one at a time is not learnt from, but judged on."""

PLACE = 256
"""Side in working pixels of the squares whose strokes share a fold."""

MOST_POINTS = 64
"""Most pixels of a stroke that patches are centred on."""


@dataclass(eq=False)
class Stroke:
    """What is left of a stroke, and how well it is obeyed.

    Attributes
    ----------
    number
        Of its entry in the journal.
    plane
        Where.
    points
        (N, 2) working pixels of it, at most `MOST_POINTS`.
    classes
        (N,) class of each: 0 background, 1 and up.
    held
        The classes that it holds, sorted.
    fold
        Which part it belongs to.
    right
        Share of it that the latest version it was judged by finds as painted; None before.
    grasped
        The same by the version that was proposed last, whether it was adopted or not: what the network that
        learns makes of it.
    before
        The same by the version that was there when it was painted: judged before it was learnt.
    lessons
        How many patches were drawn around it.
    """

    number: int
    plane: PlaneKey
    points: NDArray[np.intp]
    classes: NDArray[np.intp]
    held: tuple[int, ...]
    fold: int
    right: float | None = None
    grasped: float | None = None
    before: float | None = None
    lessons: int = 0

    @property
    def obeyed(self) -> bool:
        """Whether it is found as it was painted."""
        return self.right is not None and self.right >= OBEYED

    @property
    def centre(self) -> tuple[int, int]:
        """The working pixel of the stroke that is nearest to its middle."""
        middle = self.points.mean(axis=0)
        nearest = np.argmin(((self.points - middle) ** 2).sum(axis=1))
        row, column = self.points[nearest]
        return int(row), int(column)


class Strokes:
    """All strokes of a session, brought up to date entry by entry."""

    def __init__(self, seed: int) -> None:
        self._strokes: dict[int, Stroke] = {}
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._strokes)

    def __contains__(self, number: int) -> bool:
        return number in self._strokes

    def __getitem__(self, number: int) -> Stroke:
        return self._strokes[number]

    @property
    def judged(self) -> int:
        """How many were judged: all but those of a session that was opened again a moment ago."""
        return sum(stroke.right is not None for stroke in self._strokes.values())

    @property
    def obeyed(self) -> int:
        """How many of them are found as they were painted."""
        return sum(stroke.obeyed for stroke in self._strokes.values())

    @property
    def latest(self) -> Stroke | None:
        """The stroke that came last, of those that something is left of."""
        return next(reversed(self._strokes.values()), None)

    def all(self) -> list[Stroke]:
        """Return the strokes that something is left of, oldest first."""
        return list(self._strokes.values())

    def update(
        self, number: int, supervision: Supervision, plane_of: Callable[[PlaneKey], WorkingPlane]
    ) -> None:
        """Take a stroke in, or what later ones left of it."""
        key, _, _ = supervision.strokes[number]
        pixels, values = supervision.pixels_of(number)
        if len(pixels) == 0:
            self._strokes.pop(number, None)
            return
        if len(pixels) > MOST_POINTS:
            kept = self._random.choice(len(pixels), MOST_POINTS, replace=False)
            pixels, values = pixels[kept], values[kept]
        plane = plane_of(key)
        # The last row and column may have no working pixel of their own.
        points = np.minimum((pixels + 0.5) * plane.scale, [plane.height - 1, plane.width - 1]).astype(np.intp)
        classes = values.astype(np.intp) - 1
        former = self._strokes.get(number)
        fold = _fold(key, points.mean(axis=0)) if former is None else former.fold
        held = tuple(int(value) for value in np.unique(classes))
        stroke = Stroke(number, key, points, classes, held, fold)
        if former is not None:
            stroke.right, stroke.grasped, stroke.before = former.right, former.grasped, former.before
            stroke.lessons = former.lessons
        self._strokes[number] = stroke

    def classes(self) -> set[int]:
        """Return the classes that are painted anywhere, background (0) included."""
        return {value for stroke in self._strokes.values() for value in stroke.held}

    def held_out(self, fold: int, known: int) -> frozenset[int]:
        """Return the numbers of the strokes of a fold, but for those that are new.

        Parameters
        ----------
        fold
            Which part.
        known
            Number of the last entry that the version that is shown learnt: what came later is learnt at once,
            so that whoever painted it sees it.
        """
        return frozenset(
            stroke.number
            for stroke in self._strokes.values()
            if stroke.fold == fold and stroke.number <= known
        )

    def draw(self, count: int, held_out: frozenset[int]) -> list[tuple[Stroke, int, int]]:
        """Draw strokes to learn from, each with the working pixel of it that a patch is centred on.

        Each class is drawn as often as any other; among its strokes those that the learning network finds
        least of and those that were learnt from little come more often.

        Parameters
        ----------
        count
            How many.
        held_out
            Numbers of strokes that are not drawn, unless they are most of a class.
        """
        by_class: dict[int, list[Stroke]] = {}
        for stroke in self._strokes.values():
            for value in stroke.held:
                by_class.setdefault(value, []).append(stroke)
        for value, strokes in by_class.items():
            others = [stroke for stroke in strokes if stroke.number not in held_out]
            by_class[value] = others if 2 * len(others) >= len(strokes) else strokes
        weights = {
            value: np.cumsum([_weight(stroke) for stroke in strokes]) for value, strokes in by_class.items()
        }
        values = sorted(by_class)
        drawn = []
        for number in range(count):
            value = values[(number + int(self._random.integers(len(values)))) % len(values)]
            strokes, below = by_class[value], weights[value]
            stroke = strokes[int(np.searchsorted(below, self._random.random() * below[-1], side="right"))]
            points = stroke.points[stroke.classes == value]
            row, column = points[int(self._random.integers(len(points)))]
            stroke.lessons += 1
            drawn.append((stroke, int(row), int(column)))
        return drawn

    def unjudged(self, count: int) -> list[Stroke]:
        """Return the oldest strokes that were not judged yet."""
        return list(islice((stroke for stroke in self._strokes.values() if stroke.right is None), count))

    def forget_judgements(self) -> None:
        """Take all strokes for not judged: another version is shown."""
        for stroke in self._strokes.values():
            stroke.right = stroke.grasped = None

    def to_judge(self, count: int, held_out: frozenset[int]) -> list[Stroke]:
        """Return strokes to judge a version on: the held-out ones, the latest, and others at random."""
        strokes = self.all()
        held = [stroke for stroke in strokes if stroke.number in held_out][-count // 3 :]
        numbers = {stroke.number for stroke in held}
        latest = [stroke for stroke in strokes[-count // 3 :] if stroke.number not in numbers]
        numbers |= {stroke.number for stroke in latest}
        rest = [stroke for stroke in strokes if stroke.number not in numbers]
        room = min(len(rest), count - len(held) - len(latest))
        chosen = self._random.permutation(len(rest))[: max(0, room)]
        return held + latest + [rest[int(place)] for place in chosen]


def _weight(stroke: Stroke) -> float:
    """Return how often a stroke is drawn: a new one three times as often as one that is known well.

    Many times as often had the network swing: what it had learnt elsewhere gave way to the latest stroke.
    """
    found = stroke.right if stroke.grasped is None else stroke.grasped
    wrong = 1.0 if found is None else 1.0 - found
    return 0.5 + 0.5 * wrong + 0.5 / (1.0 + stroke.lessons / 20.0)


def _fold(key: PlaneKey, middle: NDArray[np.float64]) -> int:
    row, column = (int(at) // PLACE for at in middle)
    place = (key.image, *key.index, row, column)
    mixed = 0
    for part in place:
        mixed = (mixed * 1_000_003 + part + 7) % 2_147_483_647
    return mixed % FOLDS
