"""The trainer: what it says and does while strokes, requests and accidents come."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray

from napari_cytounet.correction import rounds, trainer
from napari_cytounet.correction.journal import Entry
from napari_cytounet.correction.judging import Verdict
from napari_cytounet.correction.requests import Request, Wish, send_request
from napari_cytounet.correction.session import accept_images, create_session, read_session
from napari_cytounet.correction.trainer import tutoring
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.versions import kept_versions, known_to, version_file
from napari_cytounet.errors import CytounetError, ImageError, OutputError
from napari_cytounet.events import (
    Event,
    Failed,
    Finished,
    Notice,
    Started,
    StrokesTaken,
    VersionProposed,
    Waiting,
)
from napari_cytounet.runs.event_log import EventReader
from napari_cytounet.settings import DeviceSettings
from napari_cytounet.unet.model import build_network, load_model, read_tensors, save_model
from napari_cytounet.unet.model_card import ObjectCard

MakeEntry = Callable[..., Entry]
Paint = Callable[..., None]


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make rounds short."""
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(rounds, "LONGEST_ROUND_SECONDS", 0.1)
    monkeypatch.setattr(trainer, "LOOK_SECONDS", 0.01)


class Tutor:
    """A trainer in this process that is watched event by event."""

    def __init__(self, folder: Path, **options: bool) -> None:
        self._cancel = threading.Event()
        self._job: Generator[Event, None, None] = tutoring(
            folder, device=DeviceSettings(device="cpu", threads=1), cancel=self._cancel, **options
        )
        self.said: list[Event] = []

    def until(self, kind: type[Event], wanted: Callable[..., bool] = lambda _: True) -> Event:
        for _ in range(500):
            self.said.append(next(self._job))
            if isinstance(self.said[-1], kind) and wanted(self.said[-1]):
                return self.said[-1]
        raise AssertionError(self.said)

    def stop(self) -> None:
        self._cancel.set()
        self.said += list(self._job)


def test_strokes_become_versions_and_then_it_rests(session: Path, paint: Paint, strokes: list[Entry]) -> None:
    tutor = Tutor(session)
    waiting = tutor.until(Waiting)
    assert waiting == Waiting("classes", ("background", "foreground"))
    paint(session, strokes[0])
    assert tutor.until(Waiting) == Waiting("classes", ("background",))
    paint(session, *strokes[1:])
    resting = tutor.until(Waiting)
    assert resting == Waiting("learnt")
    proposed = [event for event in tutor.said if isinstance(event, VersionProposed)]
    last = proposed[-1]
    assert (last.knows, last.obeyed, last.strokes, last.seconds) == (4, 4, 4, 0)
    adopted = [event.version for event in proposed if event.adopted]
    assert kept_versions(session) == adopted[-20:]
    assert known_to(version_file(session, adopted[-1])) == 4
    assert load_model(session).card.classes == ("foreground",)
    tutor.stop()
    assert isinstance(tutor.said[0], Started)
    logged = EventReader(session).read()
    assert [event for event in logged if isinstance(event, VersionProposed)][-1].version == last.version
    assert isinstance(logged[-1], Finished)


def test_a_new_stroke_wakes_it_and_contradictions_are_said(
    session: Path, paint: Paint, entry: MakeEntry
) -> None:
    paint(session)
    tutor = Tutor(session)
    tutor.until(Waiting)
    paint(session, entry(0, (40, 4, 46, 34), 2))
    taken = tutor.until(StrokesTaken)
    assert taken == StrokesTaken(last=5, contradicted=6 * 30)
    proposed = tutor.until(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    assert (proposed.knows, proposed.strokes) == (5, 4)  # nothing is left of the stroke below
    tutor.stop()


def test_somebody_who_paints_without_a_pause_sees_versions_too(
    session: Path, paint: Paint, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    learn = CorrectionTraining.learn

    def painted_at_every_step(training: CorrectionTraining, steps: int) -> None:
        learn(training, steps)
        row = training.steps % 90
        paint(session, entry(0, (row, 60, row + 2, 68), 1))

    monkeypatch.setattr(CorrectionTraining, "learn", painted_at_every_step)
    tutor = Tutor(session)
    tutor.until(VersionProposed)
    tutor.until(VersionProposed)
    tutor.stop()


def test_a_version_is_proposed_after_some_steps_however_fast_they_are(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 60.0)
    steps = {0: 0}
    propose = CorrectionTraining.propose

    def counted(training: CorrectionTraining) -> Verdict:
        steps[training.proposals + 1] = training.steps
        return propose(training)

    monkeypatch.setattr(CorrectionTraining, "propose", counted)
    paint(session)
    tutor = Tutor(session)
    tutor.until(Waiting, lambda event: event.reason == "learnt")
    tutor.stop()
    taken = np.diff(list(steps.values()))
    assert len(taken) > 3
    assert set(taken[:-1]) == {rounds.ROUND_STEPS}
    assert taken[-1] <= rounds.ROUND_STEPS


def test_when_everything_is_undone_in_the_middle_it_waits(
    session: Path, paint: Paint, entry: MakeEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    learn = CorrectionTraining.learn

    def undone(training: CorrectionTraining, steps: int) -> None:
        learn(training, steps)
        if training.steps == 2:
            paint(session, entry(0, (0, 0, 96, 128), 0))

    monkeypatch.setattr(CorrectionTraining, "learn", undone)
    tutor = Tutor(session)
    assert tutor.until(Waiting) == Waiting("classes", ("background", "foreground"))
    paint(session)
    tutor.until(VersionProposed, lambda event: event.knows == 9)
    tutor.stop()


def test_it_pauses_goes_on_and_brings_back(session: Path, paint: Paint, entry: MakeEntry) -> None:
    paint(session)
    tutor = Tutor(session)
    first = tutor.until(VersionProposed, lambda event: event.adopted)
    assert isinstance(first, VersionProposed)
    send_request(session, Request(Wish.PAUSE))
    assert tutor.until(Waiting) == Waiting("paused")
    paint(session, entry(0, (80, 4, 84, 30), 1))
    assert tutor.until(StrokesTaken) == StrokesTaken(5, 0)
    send_request(session, Request(Wish.BRING_BACK, 99))
    notice = tutor.until(Notice)
    assert isinstance(notice, Notice)
    assert "Version 99 is not kept" in notice.text
    send_request(session, Request(Wish.BRING_BACK, first.version))
    notice = tutor.until(Notice)
    assert isinstance(notice, Notice)
    assert f"Version {first.version} is shown again" in notice.text
    latest = kept_versions(session)[-1]
    assert latest > first.version
    assert known_to(version_file(session, latest)) == 4
    shown, first_shown = (read_tensors(version_file(session, n))[0] for n in (latest, first.version))
    assert all(torch.equal(shown[name], values) for name, values in first_shown.items())
    assert tutor.until(Waiting) == Waiting("paused")
    send_request(session, Request(Wish.GO_ON))
    assert tutor.until(VersionProposed, lambda event: event.knows == 5)
    tutor.stop()


def test_started_again_it_goes_on_from_the_last_version(session: Path, paint: Paint) -> None:
    paint(session)
    tutor = Tutor(session)
    tutor.until(Waiting)
    tutor.stop()
    kept = kept_versions(session)
    again = Tutor(session)
    proposed = again.until(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    assert proposed.version > kept[-1]
    assert (proposed.knows, proposed.obeyed, proposed.strokes) == (4, 4, 4)
    assert [event for event in again.said if isinstance(event, StrokesTaken)] == [StrokesTaken(4, 0)]
    again.stop()


def test_a_model_that_knows_boundaries_keeps_them(tmp_path: Path, session: Path, paint: Paint) -> None:
    card = read_session(session).card.model_copy(update={"objects": ObjectCard(diameter=20.0)})
    save_model(tmp_path / "model.safetensors", dict(build_network(card, 0).state_dict()), card)
    folder = tmp_path / "other"
    create_session(folder, [tmp_path / "cells.tif"], start_from=tmp_path / "model.safetensors")
    paint(folder)
    tutor = Tutor(folder)
    tutor.until(VersionProposed)
    tutor.stop()
    corrected = load_model(folder)
    assert corrected.card.objects == ObjectCard(diameter=20.0)
    assert corrected.network.boundaries


def test_a_damaged_version_is_passed_over(session: Path, paint: Paint) -> None:
    paint(session)
    tutor = Tutor(session)
    tutor.until(VersionProposed, lambda event: event.adopted)
    tutor.stop()
    kept = kept_versions(session)
    version_file(session, kept[-1] + 1).write_bytes(b"\x00" * 100)
    again = Tutor(session)
    notice = again.until(Notice)
    assert isinstance(notice, Notice)
    assert "Going on from the version before" in notice.text
    proposed = again.until(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    assert proposed.version > kept[-1] + 1
    again.stop()


def test_an_image_that_is_gone_or_changed_is_named(
    session: Path, paint: Paint, pixels: NDArray[np.uint8]
) -> None:
    image = session.parent / "cells.tif"
    paint(session)
    tifffile.imwrite(image, 255 - pixels)
    with pytest.raises(ImageError, match=r"cells\.tif: not the image that the session began with"):
        Tutor(session).until(VersionProposed)
    failed = EventReader(session).read()[-1]
    assert isinstance(failed, Failed)
    assert "Put the former file back" in failed.text
    accept_images(session)
    tutor = Tutor(session)
    tutor.until(VersionProposed)
    tutor.stop()
    image.unlink()
    with pytest.raises(ImageError, match=r"cells\.tif"):
        Tutor(session).until(VersionProposed)


def test_a_folder_without_a_session_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no correction session"):
        Tutor(tmp_path).until(Started)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_deleted_while_it_learns_is_said(session: Path, paint: Paint) -> None:
    paint(session)
    tutor = Tutor(session)
    tutor.until(VersionProposed)
    shutil.rmtree(session)
    with pytest.raises(OutputError, match="was deleted"):
        tutor.until(Finished)
    assert not session.exists()


def test_a_full_disk_is_said(session: Path, paint: Paint, small_disk: Path) -> None:
    paint(session)
    shutil.copytree(session, small_disk / "session")
    tutor = Tutor(small_disk / "session")
    tutor.until(StrokesTaken)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    with pytest.raises(OutputError, match="full"):
        tutor.until(Finished)


def _fails(monkeypatch: pytest.MonkeyPatch, times: int, error: Exception) -> None:
    """Have learning fail so many times."""
    learn = CorrectionTraining.learn
    left = [error] * times

    def failing(training: CorrectionTraining, steps: int) -> None:
        if left:
            raise left.pop()
        learn(training, steps)

    monkeypatch.setattr(CorrectionTraining, "learn", failing)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate")])
def test_without_memory_it_takes_fewer_patches_once(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    paint(session)
    _fails(monkeypatch, 1, error)
    tutor = Tutor(session)
    assert tutor.until(Notice) == Notice("Not enough memory: going on with 2 patches a step.")
    tutor.until(VersionProposed)
    tutor.stop()

    _fails(monkeypatch, 2, error)
    with pytest.raises(CytounetError, match="not enough memory for learning from strokes"):
        Tutor(session).until(VersionProposed)
    failed = EventReader(session).read()[-1]
    assert isinstance(failed, Failed)
    assert "is kept" in failed.text


def test_after_a_kill_for_want_of_memory_it_may_begin_with_less(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    _fails(monkeypatch, 1, MemoryError())
    tutor = Tutor(session, less_memory=True)
    assert tutor.until(Notice) == Notice("Not enough memory: going on with 1 patches a step.")
    tutor.stop()


def test_without_its_graphics_card_it_goes_on_with_the_processor(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    _fails(monkeypatch, 1, RuntimeError("CUDA error: unspecified launch failure"))
    tutor = Tutor(session)
    notice = tutor.until(Notice)
    assert isinstance(notice, Notice)
    assert "going on with the processor" in notice.text
    proposed = tutor.until(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    assert proposed.knows == 4
    tutor.stop()


def test_a_bug_is_not_taken_for_an_accident(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(session)
    _fails(monkeypatch, 1, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        Tutor(session).until(VersionProposed)
    failed = EventReader(session).read()[-1]
    assert isinstance(failed, Failed)
    assert "nobody foresaw" in failed.text


def test_a_clock_that_jumps_changes_nothing(
    session: Path, paint: Paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(10**9, 0, -(10**6)))
    monkeypatch.setattr("time.time", lambda: float(next(times)))
    paint(session)
    tutor = Tutor(session)
    assert tutor.until(Waiting) == Waiting("learnt")
    tutor.stop()


def test_nothing_but_what_is_shown_and_locks_reads_the_clock_on_the_wall() -> None:
    """It dates entries, to be shown, and heartbeats that other computers look at."""
    source = Path(trainer.__file__).parents[1]
    rooms = [*(source / "correction").rglob("*.py"), *(source / "runs").rglob("*.py")]
    reads = {path.name: path.read_text("utf-8").count("time.time()") for path in rooms}
    assert {name: count for name, count in reads.items() if count} == {"journal.py": 1, "run_lock.py": 1}
