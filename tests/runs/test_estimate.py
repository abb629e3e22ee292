"""What a training will take, from earlier runs or from a measurement."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_cytounet import train
from napari_cytounet.cli import main
from napari_cytounet.errors import OutputError
from napari_cytounet.runs.estimate import estimate, estimate_at, read_speed, speed_command
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.settings import DeviceSettings, NetworkSettings, TrainingSettings, TrainSettings

Change = Callable[..., TrainSettings]


def test_an_earlier_run_like_it_tells_the_pace(run: TrainResult, change: Change) -> None:
    rows = read_history(run.run / "history.csv")
    per_step = (rows[-1].seconds - rows[0].seconds) / (len(rows) - 1)
    start_up = max(0.0, rows[0].seconds - per_step)

    in_minutes = estimate(change(training={"steps": None, "minutes": 1.0}), run.run.parent)
    assert in_minutes is not None
    assert in_minutes.seconds_per_step == pytest.approx(per_step)
    assert in_minutes.steps == int((60 - start_up) / per_step)
    assert (in_minutes.seconds, in_minutes.source) == (60, "as fast as the run run")
    in_steps = estimate(change(training={"steps": 1000}), run.run.parent)
    assert in_steps is not None
    assert in_steps.steps == 1000
    assert in_steps.seconds == pytest.approx(start_up + 1000 * per_step)


@pytest.mark.parametrize(
    "concern",
    [
        {"network": {"base_width": 5}},
        {"training": {"batch_size": 5}},
        {"training": {"patch_size": 48}},
        {"device": {"device": "auto"}},
        {"device": {"threads": 3}},
    ],
    ids=str,
)
def test_a_run_that_is_not_like_it_tells_nothing(
    run: TrainResult, change: Change, concern: dict[str, dict[str, object]]
) -> None:
    assert estimate(change(**concern), run.run.parent) is None
    assert estimate(change(), run.run.parent) is not None
    assert estimate(change(), run.run.parent, threads=2) is None


def test_runs_that_tell_nothing_are_passed_over(
    tmp_path: Path, run: TrainResult, cells: Path, change: Change
) -> None:
    assert estimate(change(), tmp_path / "nowhere") is None
    train(cells, out=tmp_path / "short", settings=change(training={"steps": 3}))
    assert estimate(change(), tmp_path) is None
    shutil.copytree(run.run, tmp_path / "damaged")
    (tmp_path / "damaged" / "record.json").write_text("{")
    shutil.copytree(run.run, tmp_path / "torn")
    (tmp_path / "torn" / "history.csv").write_text("step,seconds\nnonsense\n")
    assert estimate(change(), tmp_path) is None
    shutil.copytree(run.run, tmp_path / "good")
    found = estimate(change(), tmp_path)
    assert found is not None
    assert found.source.endswith("good")


def test_what_was_measured_is_turned_into_steps() -> None:
    fast = TrainSettings(training=TrainingSettings(preset="fast"))
    assert estimate_at(0.1, fast, "measured").steps == 600
    assert estimate_at(0.1, fast, "measured", start_up=100).steps == 0


def test_the_speed_is_measured_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    settings = TrainSettings(
        training=TrainingSettings(preset="fast", batch_size=2, patch_size=32, minutes=0.5),
        network=NetworkSettings(base_width=2, stem="plain"),
        device=DeviceSettings(device="cpu"),
    )
    command = speed_command(settings, threads=1)
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert command[3:5] == ["speed", "--json"]
    assert options["--preset"] == "fast"
    assert (options["--base-width"], options["--patch-size"], options["--threads"]) == ("2", "32", "1")
    assert not {"--learning-rate", "--depth"} & options.keys()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0 < read_speed(done.stdout) < 1
    assert json.loads(done.stdout)["device"] == "cpu (1 threads)"
    assert main(["speed", *command[5:]]) == 0
    assert "a step on cpu (1 threads): about" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["", "There is no cuda device here", "{}", '{"seconds_per_step": null}'])
def test_a_measurement_that_failed_says_what_was_printed(output: str) -> None:
    with pytest.raises(OutputError, match=f"could not be measured.*{output[:10]}"):
        read_speed(output)
