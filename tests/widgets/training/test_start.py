"""Tests of what happens between the press of Train and the process that trains."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from napari.layers import Labels as LabelsLayer

from napari_cytounet.errors import CytounetError, ImageError, OutputError, SettingsError
from napari_cytounet.events import BatchDone, Validated, drain
from napari_cytounet.runs.train_job import TrainJob, write_job
from napari_cytounet.runs.unfinished import UnfinishedRun
from napari_cytounet.settings import DeviceSettings, MaskSettings, TrainSettings
from napari_cytounet.widgets.new_folders import free_folder
from napari_cytounet.widgets.training import start as training_start
from napari_cytounet.widgets.training.labelled_layers import LayerPair
from napari_cytounet.widgets.training.start import Begun, Request, begin, go_on

GO_ON = threading.Event()
SETTINGS = TrainSettings(
    masks=MaskSettings(class_names=("cell",), class_colours=("#ff0000",), pairing="prefix"),
    device=DeviceSettings(threads=1),
)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, training: Any) -> list[tuple[Path, TrainJob, int | None]]:
    """Note what would be started, and pretend that it was."""
    asked: list[tuple[Path, TrainJob, int | None]] = []

    def start(folder: Path, job: TrainJob, *, threads: int | None = None) -> Any:
        asked.append((folder, job, threads))
        return training

    monkeypatch.setattr(training_start, "start_training", start)
    return asked


def _pair(name: str, channels: int = 1) -> LayerPair:
    labels = np.zeros((32, 32), np.uint8)
    labels[4:12, 4:12] = 1
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    image = ImageLayer(pixels if channels == 3 else pixels[..., 0], rgb=channels == 3, name=name)
    return LayerPair(image, LabelsLayer(labels, name=f"{name} painted"))


def _begin(request: Request, runs: Path) -> Begun:
    return drain(begin(request, runs, GO_ON))


def test_layers_are_written_into_the_folder_of_the_run(
    started: list[Any], training: Any, tmp_path: Path
) -> None:
    first, second = _pair("cells: day 1"), _pair("cells: day 1")
    begun = _begin(Request(SETTINGS, pairs=[first, second], goes_on_alone=True), tmp_path / "runs")
    ((folder, job, threads),) = started
    assert folder.parent == tmp_path / "runs"
    assert folder.name.endswith("_cells_day_1")
    assert (job.images, job.masks) == (folder / "data" / "images", folder / "data" / "masks")
    assert (job.settings.masks.pairing, job.settings.masks.class_names) == ("stem", ("cell",))
    assert threads == 1
    assert list(begun.layers.values()) == [first.image, second.image]
    assert all(file.is_dir() for file in begun.layers)
    assert begun.colours == ("#ff0000",)
    assert training.is_alone


def test_folders_are_named_to_the_process(started: list[Any], training: Any, tmp_path: Path) -> None:
    request = Request(SETTINGS, images=tmp_path / "images", validation=(tmp_path / "a", tmp_path / "b"))
    begun = _begin(request, tmp_path / "runs")
    ((_, job, _),) = started
    assert (job.images, job.masks, job.validation) == (request.images, None, request.validation)
    assert job.settings.masks.pairing == "prefix"
    assert begun.layers == {}
    assert not training.is_alone
    with pytest.raises(OutputError, match="Choose the folder of the images"):
        _begin(Request(SETTINGS), tmp_path / "runs")


@pytest.mark.parametrize(
    ("pairs", "settings", "error", "message"),
    [
        (["a", "b"], SETTINGS, ImageError, r"The image b has 3 channel\(s\), but a has 1"),
        (
            ["a"],
            TrainSettings(masks=MaskSettings(class_names=("x", "y"))),
            SettingsError,
            r"they hold 1 class\(es\), 2 were shown",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_and_nothing_is_left(
    started: list[Any],
    tmp_path: Path,
    pairs: list[str],
    settings: TrainSettings,
    error: type[CytounetError],
    message: str,
) -> None:
    chosen = [_pair(name, channels=1 if name == "a" else 3) for name in pairs]
    with pytest.raises(error, match=message):
        _begin(Request(settings, pairs=chosen), tmp_path / "runs")
    assert started == []
    assert not (tmp_path / "runs").exists()


def test_a_start_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(training_start, "start_training", refuse)
    with pytest.raises(OutputError, match="full"):
        _begin(Request(SETTINGS, pairs=[_pair("a")]), tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_runs_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    first = free_folder(tmp_path, "cells")
    first.mkdir()
    assert free_folder(tmp_path, "cells") != first


def test_a_run_is_gone_on_with_as_it_was_asked_for(started: list[Any], tmp_path: Path) -> None:
    run = UnfinishedRun(tmp_path, "", 2, 0.5, is_running=False, was_stopped=True)
    drain(go_on(run, 3))  # begun on the command line: no job, and no step was taken
    write_job(tmp_path, TrainJob(images=tmp_path / "data" / "images", settings=SETTINGS))
    header = "step,seconds,learning_rate,loss,validation_dice\n"
    (tmp_path / "history.csv").write_text(f"{header}1,0.5,0.001,1.5,\n2,1.0,0.001,1.25,0.75\n")
    begun = drain(go_on(run, 3))
    (_, job, threads), (_, again, _) = started
    assert (job.resume, job.images, threads) == (True, None, 3)
    assert (again.resume, again.images) == (True, tmp_path / "data" / "images")
    assert again.settings.masks.class_names == ("cell",)
    assert begun.past == [
        BatchDone(1, 1.5, 0.001, 0.5, 0.0),
        BatchDone(2, 1.25, 0.001, 1.0, 0.0),
        Validated(2, 1.0, 0.75, best=False),
    ]


def test_a_run_that_is_running_is_watched(started: list[Any], tmp_path: Path) -> None:
    run = UnfinishedRun(tmp_path, "", 0, 0.0, is_running=True, was_stopped=False)
    assert drain(go_on(run, 1)).running.folder == tmp_path
    assert started == []
