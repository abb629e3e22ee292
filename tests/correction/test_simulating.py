"""The played annotator: the same curve twice, and clear words where there is none."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from napari_cytounet import simulate
from napari_cytounet.correction import places as places_room
from napari_cytounet.correction import simulation as room
from napari_cytounet.correction.simulating import simulating
from napari_cytounet.correction.simulation import SimulationResult
from napari_cytounet.errors import Cancelled, PairingError, TrainingError
from napari_cytounet.events import Event, Notice, StrokesPainted
from napari_cytounet.segmentation.thresholds import unscored_thresholds
from napari_cytounet.settings import (
    CorrectionSettings,
    DeviceSettings,
    MaskKind,
    MaskSettings,
    SimulationSettings,
)
from napari_cytounet.unet.model import load_model

CPU = DeviceSettings(device="cpu", threads=1)
QUICK = SimulationSettings(strokes=4, steps=10, score_every=2, stroke_length=20, stroke_width=5)


@pytest.fixture(autouse=True)
def _few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare few places: each takes as long as a step."""
    monkeypatch.setattr(places_room, "CANDIDATES", 3)
    monkeypatch.setattr(room, "MOST_LOOKS", 20)


@pytest.fixture
def cells(tmp_path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Return a folder with three images and their masks."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for number, image in enumerate((pixels, pixels[::-1], pixels[:, ::-1])):
        tifffile.imwrite(tmp_path / "images" / f"{number}.tif", image)
        mask = np.where(image > 100, 255, 0).astype(np.uint8)
        tifffile.imwrite(tmp_path / "masks" / f"{number}.tif", mask)
    return tmp_path


@pytest.fixture
def play(cells: Path, settings: CorrectionSettings) -> Callable[..., SimulationResult]:
    """Return a function that plays an annotator on the cells."""
    correction = settings.model_copy(update={"diameter": 30.0})

    def played(simulation: SimulationSettings = QUICK, **options: object) -> SimulationResult:
        given = {"correction": correction, "device": CPU} | options
        return simulate(cells / "images", cells / "masks", simulation=simulation, **given)  # type: ignore[arg-type]

    return played


def _repeatable(result: SimulationResult) -> list[tuple[object, ...]]:
    return [
        (point.strokes, point.pixels, point.dice, point.precision, point.adopted, point.proposed)
        for point in result.points
    ]


@pytest.mark.parametrize("places", ["worst", "random"])
def test_by_steps_the_same_seed_gives_the_same_curve(
    play: Callable[..., SimulationResult], places: str
) -> None:
    simulation = QUICK.model_copy(update={"places": places})
    first, second = play(simulation), play(simulation)
    assert _repeatable(first) == _repeatable(second)
    assert [point.strokes for point in first.points] == [2, 4]
    assert 0 <= first.points[-1].mean_dice <= 1
    assert first.points[-1].pixels <= 4 * 26 * 6
    assert first.looks >= 4
    assert _repeatable(play(simulation.model_copy(update={"seed": 5}))) != _repeatable(first)


def test_the_curve_and_the_model_are_kept(
    play: Callable[..., SimulationResult], cells: Path, tmp_path: Path
) -> None:
    events: list[Event] = []
    result = play(test=(cells / "images", cells / "masks"), out=tmp_path / "out", on_event=events.append)
    with (tmp_path / "out" / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["strokes"]) for row in rows] == [point.strokes for point in result.points]
    assert float(rows[-1]["dice foreground"]) == pytest.approx(result.points[-1].dice[0], abs=1e-4)
    assert load_model(tmp_path / "out").card.classes == ("foreground",)
    painted = [event for event in events if isinstance(event, StrokesPainted)]
    assert [event.strokes for event in painted] == list(range(1, len(painted) + 1))
    assert Notice("Painted are 3 images, scored 3. Masks: binary.") in events


def test_several_classes_have_the_thresholds_of_a_session(
    play: Callable[..., SimulationResult], cells: Path, tmp_path: Path
) -> None:
    for file in (cells / "masks").iterdir():
        mask = tifffile.imread(file) // 255
        mask[:, mask.shape[1] // 2 :] *= 2
        tifffile.imwrite(file, mask)
    play(out=tmp_path / "out", mask_settings=MaskSettings(masks=MaskKind.CLASSES))
    assert load_model(tmp_path / "out").card.thresholds == unscored_thresholds(2)


def test_it_stops_when_it_is_told_to(cells: Path, settings: CorrectionSettings) -> None:
    cancel = threading.Event()
    job = simulating(
        cells / "images",
        cells / "masks",
        simulation=QUICK.model_copy(update={"strokes": 1000, "score_every": 900}),
        correction=settings,
        device=CPU,
        cancel=cancel,
    )
    painted = 0
    with pytest.raises(Cancelled, match="before the first score"):  # noqa: PT012
        for event in job:
            painted += isinstance(event, StrokesPainted)
            if painted == 2:
                cancel.set()
    assert painted == 2


def test_by_time_it_rests_when_nothing_is_left_to_learn(play: Callable[..., SimulationResult]) -> None:
    an_hour = QUICK.model_copy(update={"steps": None, "seconds": 3600.0, "strokes": 3})
    (*_, point) = play(an_hour).points
    assert point.strokes == 3
    assert 0 < point.seconds < 3600


def test_by_time_it_learns_as_long_as_it_may(play: Callable[..., SimulationResult]) -> None:
    result = play(QUICK.model_copy(update={"steps": None, "seconds": 0.1, "strokes": 3}))
    point = result.points[-1]
    assert 0.1 <= point.seconds < 30
    assert point.proposed >= 2


def test_one_image_cannot_be_painted_and_scored(cells: Path) -> None:
    for number in (1, 2):
        (cells / "images" / f"{number}.tif").unlink()
        (cells / "masks" / f"{number}.tif").unlink()
    with pytest.raises(PairingError, match="--test"):
        simulate(cells / "images", cells / "masks")


def test_where_no_class_can_be_painted_it_says_so(play: Callable[..., SimulationResult], cells: Path) -> None:
    for number in range(3):
        mask = np.zeros((96, 128), np.uint8)
        mask[::8, ::8] = 255  # specks, too small for a stroke
        tifffile.imwrite(cells / "masks" / f"{number}.tif", mask)
    with pytest.raises(TrainingError, match="no spot large enough"):
        play()


def test_what_was_learnt_last_is_scored_though_nothing_more_is_wrong(
    play: Callable[..., SimulationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [room.paint_stroke] * 4
    monkeypatch.setattr(
        room, "paint_stroke", lambda *given, **named: left.pop()(*given, **named) if left else None
    )
    events: list[Event] = []
    result = play(QUICK.model_copy(update={"strokes": 9, "score_every": 8}), on_event=events.append)
    (point,) = result.points
    assert point.strokes == sum(isinstance(event, StrokesPainted) for event in events) >= 3
    assert "worth a stroke" in str(events[-1])
