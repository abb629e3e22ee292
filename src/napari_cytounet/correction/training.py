"""Learning from strokes while they come: steps, and between them new versions that are proposed."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from napari_cytounet.correction.annotation import PlaneKey
from napari_cytounet.correction.class_weights import class_weights
from napari_cytounet.correction.journal import Entry, Layer
from napari_cytounet.correction.judging import Verdict, compare, count_obeyed, share_right
from napari_cytounet.correction.learner import Learner
from napari_cytounet.correction.learning_rate import LearningRate
from napari_cytounet.correction.steps_due import StepsDue
from napari_cytounet.correction.strokes import FOLDS, Stroke, Strokes
from napari_cytounet.correction.supervision import Change, Supervision
from napari_cytounet.correction.surroundings import Surroundings, surroundings
from napari_cytounet.correction.version import Version
from napari_cytounet.correction.working_plane import WorkingPlane, working_planes
from napari_cytounet.errors import TrainingError
from napari_cytounet.images.image import Image
from napari_cytounet.settings import CorrectionSettings
from napari_cytounet.unet.averaging import between
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.network import UNet

JUDGED = 32
"""Strokes that a version is judged on: so the time for it does not grow with their number."""

FEWEST_TO_RETAIN = 12
"""Strokes after which what is shown around a new one is worth being remembered."""

MOST_RETAINED = 100
"""Strokes around which it is remembered: the latest, and so memory does not grow with their number."""

STEADY = (1.0, 0.5)
"""Shares of the steadier average in what is tried in place of the quicker one, in turn."""

BETWEEN = (0.5, 0.75)
"""Shares of the weights that are shown in what is tried, in turn, where a version is turned down."""

CACHE_BYTES = 400_000_000

MOST_SKIPPED = 20
"""Steps in a row with a loss that is not finite after which it gives up."""


class CorrectionTraining:
    """What has been painted, what has been learnt of it, and the version that is shown.

    Parameters
    ----------
    images
        Of the session.
    card
        Of the model that is taught.
    network
        Where to start from.
    settings, device
        How and where to learn.
    known
        Number of the last entry that the network learnt from in this session, if it did: then it is the
        version that is shown.

    Attributes
    ----------
    supervision, strokes
        What is painted.
    steps
        Taken so far.
    proposals
        Made so far.
    latest
        Number of the last entry that was taken in.
    shown, former
        The version that was adopted last, and the one before; None where there is none.
    """

    def __init__(
        self,
        images: Sequence[Image],
        card: ModelCard,
        network: UNet,
        settings: CorrectionSettings,
        device: Device,
        *,
        known: int | None = None,
    ) -> None:
        self.card = card
        self.device = device
        self._settings = settings
        self._stroke_patches, self._free_patches = settings.stroke_patches, settings.free_patches
        self.supervision = Supervision()
        self._planes = working_planes(images, card, self.supervision, CACHE_BYTES)
        areas = np.array([plane.height * plane.width for plane in self._planes.values()], dtype=np.float64)
        self._share = areas / areas.sum()
        self.strokes = Strokes(settings.seed)
        self._random = np.random.default_rng(settings.seed)
        self.steps = 0
        self.proposals = 0
        self.latest = 0
        self._learnt = 0
        self._due = StepsDue()
        self._rate = LearningRate(settings.learning_rate)
        self._skipped = 0
        self.shown: Version | None = None
        self.former: Version | None = None
        self._retained: dict[int, Surroundings] = {}
        self._learner = Learner(network, settings, device)
        if known is not None:
            self.restart(network, known)

    def plane(self, key: PlaneKey) -> WorkingPlane:
        """Return a plane at the working scale."""
        return self._planes[key]

    @property
    def planes(self) -> list[WorkingPlane]:
        """All planes of all images."""
        return list(self._planes.values())

    @property
    def missing_classes(self) -> list[int]:
        """Classes that nothing is painted of yet, background (0) included: until then nothing is learnt."""
        return sorted(set(range(len(self.card.classes) + 1)) - self.strokes.classes())

    @property
    def steps_left(self) -> int:
        """How many steps may still be worth it, if nothing more is painted: at 0 it is time to rest."""
        latest = self.strokes.latest
        if latest is None:
            return 0
        shown = self.shown is not None and self.shown.knows >= latest.number
        return self._due.left(shown=shown, obeyed=latest.obeyed)

    def restart(self, network: UNet, known: int) -> None:
        """Show a network that learnt from the entries up to a number, and learn on from it."""
        self.proposals += 1
        self.former = self.shown
        self.shown = Version(self.proposals, self.device.place(copy.deepcopy(network)).eval(), known)
        self._learnt = max(self._learnt, known)
        self._due.begin_with(sum(stroke.number > known for stroke in self.strokes.all()))
        self._rate.rest()
        self.strokes.forget_judgements()
        self._retained.clear()
        self._learner = Learner(network.requires_grad_(requires_grad=True), self._settings, self.device)

    def take(self, entries: Sequence[Entry]) -> list[Change]:
        """Take new entries of the journal in, and judge the version that is shown on them.

        What lies outside the session's images, or is none of its classes, says nothing.
        """
        changes, fresh = [], []
        touched: set[int] = set()
        for whole in entries:
            self.latest = whole.number
            plane = self._planes.get(whole.plane)
            if plane is None:
                continue
            entry = whole.within(plane.image.height, plane.image.width, len(self.card.classes))
            if entry is None:
                continue
            change = self.supervision.apply(entry)
            plane.repaint(entry.box)
            touched |= {entry.number, *change.touched}
            changes.append(change)
            fresh.append(entry.number)
        for number in sorted(touched & self.supervision.strokes.keys()):
            self.strokes.update(number, self.supervision, self.plane)
            if self.shown is not None:
                self.shown.found.pop(number, None)
        self._due.strokes_came(sum(number > self._learnt for number in fresh))
        left = [self.strokes[number] for number in fresh if number in self.strokes]
        self._judge_before(left)
        self._retain_around(left)
        return changes

    def learn(self, steps: int) -> None:
        """Take some steps.

        Raises
        ------
        TrainingError
            If the loss is not finite again and again.
        """
        weights = torch.from_numpy(class_weights(self.strokes.all(), len(self.card.classes)))
        held_out = self._held_out
        for _ in range(steps):
            drawn = self.strokes.draw(self._stroke_patches, held_out)
            painted = [self._window(stroke, row, column) for stroke, row, column in drawn]
            free = self.free_windows(self._free_patches, self._learner.window)
            loss = self._learner.step(torch.stack(painted), free, self._rate.now, weights)
            self._rate.settle()
            self.steps += 1
            self._due.step_taken()
            self._count_skipped(loss)

    def propose(self) -> Verdict:
        """Judge what was learnt against the version that is shown, and adopt it unless it is worse.

        Where it is, what lies between both in weights has a chance: it keeps more of what the version that is
        shown does right by chance, and has learnt the last strokes too.
        """
        held_out = self._held_out
        judged = self.strokes.to_judge(JUDGED, held_out)
        quick = self._learner.candidate()
        grasped = self._share_right(quick, judged)
        candidate, right = self._steadiest(quick, grasped, judged)
        shown = None if self.shown is None else self._found_by(self.shown, judged)
        verdict = compare(right, shown, held_out)
        if self.shown is not None and not verdict.adopted:
            for mixed, of_mixed in self._towards(self.shown.network, candidate, BETWEEN, judged):
                second = compare(of_mixed, shown, held_out)
                if second.adopted:
                    candidate, right, verdict = mixed, of_mixed, second
                    break
        self.proposals += 1
        if verdict.adopted:
            self.former = self.shown
            self.shown = Version(self.proposals, candidate, self.latest, right)
        for stroke in judged:
            stroke.grasped = grasped[stroke.number]
            stroke.right = right[stroke.number] if shown is None or verdict.adopted else shown[stroke.number]
        self._judge(self.strokes.unjudged(JUDGED))
        return verdict

    def use_less_memory(self) -> int:
        """Learn from half as many patches a step from now on, and return how many that are."""
        self._stroke_patches = max(1, self._stroke_patches // 2)
        self._free_patches //= 2
        return self._stroke_patches + self._free_patches

    def free_windows(self, count: int, side: int) -> Tensor:
        """Return the pixels of windows from anywhere, (count, C, side, side)."""
        channels = self._learner.network.channels
        windows = [torch.empty(0, channels, side, side)]
        planes = self.planes
        for place in self._random.choice(len(planes), size=count, p=self._share):
            plane = planes[int(place)]
            top = int(self._random.integers(max(1, plane.height - side + 1)))
            left = int(self._random.integers(max(1, plane.width - side + 1)))
            windows.append(plane.pixels((top, top + side), (left, left + side))[None])
        return torch.cat(windows)

    @property
    def _held_out(self) -> frozenset[int]:
        """The strokes that are not learnt from until the next proposal: of each fold in its turn."""
        known = 0 if self.shown is None else self.shown.knows
        return self.strokes.held_out(self.proposals % FOLDS, known)

    def _window(self, stroke: Stroke, row: int, column: int) -> Tensor:
        """Return what a step takes of a window around a working pixel of a stroke."""
        plane, side = self.plane(stroke.plane), self._learner.window
        rows = (row - side // 2, row - side // 2 + side)
        columns = (column - side // 2, column - side // 2 + side)
        targets, retained = plane.targets(rows, columns), self._retained.get(stroke.number)
        around = torch.zeros_like(targets) if retained is None else retained.window(rows, columns)
        return torch.cat([plane.pixels(rows, columns), targets, around])

    def _count_skipped(self, loss: float) -> None:
        self._skipped = 0 if math.isfinite(loss) else self._skipped + 1
        if self._skipped == MOST_SKIPPED:
            raise TrainingError(
                f"The loss was not finite in {MOST_SKIPPED} steps in a row. The versions so far are kept: "
                "try --mixed-precision off, or a session with a lower learning rate."
            )

    def _retain_around(self, fresh: Sequence[Stroke]) -> None:
        """Remember what is shown around new strokes; what a few strokes taught is not worth it."""
        painted = [stroke for stroke in fresh if stroke.number > self._learnt and self._is_painted(stroke)]
        if self.shown is not None and len(self.strokes) > FEWEST_TO_RETAIN and len(painted) <= JUDGED:
            for stroke in painted:
                self._retained[stroke.number] = surroundings(
                    stroke, self.plane(stroke.plane), self.shown.network, self.card.thresholds, self.device
                )
        for number in list(self._retained)[:-MOST_RETAINED]:
            del self._retained[number]
        for stroke in fresh:
            for around in self._retained.values():
                around.forget(stroke)

    def _is_painted(self, stroke: Stroke) -> bool:
        """Whether it was painted, and is no edit."""
        _, layer, _ = self.supervision.strokes[stroke.number]
        return layer is Layer.STROKES

    def _judge(self, strokes: Sequence[Stroke]) -> None:
        """Tell how much of some strokes the version that is shown finds; many would take too long."""
        if self.shown is None or len(strokes) > JUDGED:
            return
        right = self._found_by(self.shown, strokes)
        for stroke in strokes:
            stroke.right = right[stroke.number]

    def _steadiest(
        self, quick: UNet, grasped: dict[int, float], judged: Sequence[Stroke]
    ) -> tuple[UNet, dict[int, float]]:
        """Return the steadiest average that obeys as many strokes as the quick one, and what it finds."""
        steady = self._learner.steady_candidate()
        if steady is None:
            return quick, grasped
        for mixed, of_mixed in self._towards(steady, quick, STEADY, judged):
            if count_obeyed(of_mixed) >= count_obeyed(grasped):
                return mixed, of_mixed
        return quick, grasped

    def _towards(
        self, other: UNet, network: UNet, shares: Sequence[float], judged: Sequence[Stroke]
    ) -> Iterator[tuple[UNet, dict[int, float]]]:
        """Mix another network into one at each share in turn, and tell what the mixture finds of strokes."""
        for share in shares:
            mixed = between(network, other, share)
            yield mixed, self._share_right(mixed, judged)

    def _found_by(self, version: Version, strokes: Sequence[Stroke]) -> dict[int, float]:
        """Return what a version finds of strokes; it is asked once of each, until that changes."""
        unknown = [stroke for stroke in strokes if stroke.number not in version.found]
        version.found.update(self._share_right(version.network, unknown))
        return {stroke.number: version.found[stroke.number] for stroke in strokes}

    def _share_right(self, network: UNet, strokes: Sequence[Stroke]) -> dict[int, float]:
        return share_right(network, strokes, self.plane, self.card.thresholds, self.device)

    def _judge_before(self, fresh: Sequence[Stroke]) -> None:
        """Tell how much of new strokes was found before they were learnt; the less, the faster it learns."""
        self._judge(fresh)
        for stroke in fresh:
            if stroke.number > self._learnt:
                stroke.before = stroke.right
                self._rate.rise(stroke.right or 0.0)
