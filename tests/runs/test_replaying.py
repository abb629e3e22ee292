"""A run is trained again from its record, and the same must come out."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_cytounet import train
from napari_cytounet.cli import main
from napari_cytounet.errors import Cancelled, ReplayError
from napari_cytounet.events import BatchDone, Event, Notice
from napari_cytounet.runs.record import read_record, write_record
from napari_cytounet.runs.replay_result import allowed_dice
from napari_cytounet.runs.replaying import replay
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import TrainSettings

Change = Callable[..., TrainSettings]


@pytest.fixture(scope="module")
def by_minutes(tmp_path_factory: pytest.TempPathFactory, cells: Path, change: Change) -> TrainResult:
    """Return a run of a second, by the clock."""
    settings = change(training={"steps": None, "minutes": 0.02})
    return train(cells, out=tmp_path_factory.mktemp("by_minutes") / "run", settings=settings)


def _copy(run: Path, to: Path, **changes: object) -> Path:
    """Copy a run, with some parts of its record changed."""
    shutil.copytree(run, to)
    write_record(to / "record.json", read_record(to / "record.json") | changes)
    return to


def test_a_run_by_minutes_gives_equal_weights(by_minutes: TrainResult, tmp_path: Path) -> None:
    result = replay(by_minutes.run, out=tmp_path / "again")
    assert (result.equal_weights, result.must_be_equal, result.is_reproduced) == (True, True, True)
    assert result.differences == ()
    assert result.dice_again == by_minutes.dice
    assert "to the last bit" in result.describe()
    assert (tmp_path / "again" / "model.safetensors").exists()


def test_moved_and_renamed_files_are_found_by_what_they_hold(
    by_minutes: TrainResult, cells: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(cells, tmp_path / "elsewhere" / "cells")
    (moved / "images" / "cells_0.tif").rename(moved / "images" / "renamed.tif")
    record = json.dumps(read_record(by_minutes.run / "record.json")["data"]).replace(str(cells), "/gone")
    run = _copy(by_minutes.run, tmp_path / "run", data=json.loads(record))
    with pytest.raises(ReplayError, match=r"(?s)6 of 6 files.*not there any more.*--data"):
        replay(run)
    (moved / "masks" / "cells_1.tif").write_bytes(b"other")
    with pytest.raises(ReplayError, match=r"(?s)1 of 6 files.*cells_1\.tif: neither there nor in"):
        replay(run, data=moved.parent)
    shutil.copy(cells / "masks" / "cells_1.tif", moved / "masks" / "cells_1.tif")
    result = replay(run, data=moved.parent)
    assert result.equal_weights
    assert result.replay == tmp_path / "run-replay"


def test_a_changed_file_is_named(by_minutes: TrainResult, tmp_path: Path) -> None:
    data = read_record(by_minutes.run / "record.json")["data"]
    data["training"][0]["image_sha256"] = "0" * 64
    run = _copy(by_minutes.run, tmp_path / "run", data=data)
    with pytest.raises(ReplayError, match=r"cells_0\.tif changed since the run"):
        replay(run)


def test_what_differs_is_named_and_then_the_interval_decides(
    run: TrainResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that tells of other weights than its model holds: as if another version had been at work."""
    record = read_record(run.run / "record.json")
    environment = record["environment"] | {"python": "2.7"}
    other = _copy(run.run, tmp_path / "other", environment=environment)
    settings = record["settings"]
    settings["training"]["seed"] = 5
    write_record(other / "record.json", record | {"environment": environment, "settings": settings})
    assert record["result"]["dice"] is not None
    code = main(["replay", str(other), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert [difference["name"] for difference in said["differences"]] == ["python"]
    assert (said["equal_weights"], said["weights_must_be_equal"]) == (False, False)
    low, high = said["allowed"]
    assert said["reproduced"] == (low <= said["dice_again"] <= high) == (code == 0)


def test_other_weights_under_the_same_conditions_fail(
    run: TrainResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = read_record(run.run / "record.json")
    record["settings"]["training"]["seed"] = 5
    other = _copy(run.run, tmp_path / "other", settings=record["settings"])
    assert main(["replay", str(other)]) == 1
    printed = capsys.readouterr()
    assert "the cause is not known" in printed.out
    assert "was not reproduced" in printed.err


def test_the_allowed_dice_is_the_interval_of_the_run_but_never_narrow() -> None:
    def record(dice: float | None, interval: list[float] | None) -> dict[str, object]:
        return {"result": {"dice": dice, "validation": {"dice": {"pooled_interval": interval}}}}

    assert allowed_dice(record(0.9, [0.8, 0.91])) == pytest.approx((0.8, 0.92))
    assert allowed_dice(record(0.9, None)) == pytest.approx((0.88, 0.92))
    assert allowed_dice(record(None, None)) is None


def test_a_stopped_run_is_replayed_up_to_its_last_validation(
    cells: Path, change: Change, tmp_path: Path
) -> None:
    cancel = threading.Event()

    def stop_after_7(event: Event) -> None:
        if isinstance(event, BatchDone) and event.step == 7:
            cancel.set()

    settings = change(training={"steps": 20})
    train(cells, out=tmp_path / "run", settings=settings, cancel=cancel, on_event=stop_after_7)
    assert replay(tmp_path / "run").equal_weights


def test_an_unfinished_run_and_a_stopped_replay_say_so(run: TrainResult, tmp_path: Path) -> None:
    record = read_record(run.run / "record.json")
    del record["result"]
    (tmp_path / "run").mkdir()
    write_record(tmp_path / "run" / "record.json", record)
    with pytest.raises(ReplayError, match="not finished"):
        replay(tmp_path / "run")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled, match="nothing was trained"):
        replay(run.run, cancel=cancel)

    cancel.clear()
    heard: list[str] = []

    def stop(event: Event) -> None:
        if isinstance(event, Notice):
            heard.append(event.text)
        if isinstance(event, BatchDone):
            cancel.set()

    result = replay(run.run, out=tmp_path / "half", cancel=cancel, on_event=stop)
    assert not result.is_reproduced
    assert "Stopped" in result.describe()
    assert any("All files hold what they held" in text for text in heard)
