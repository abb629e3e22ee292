"""From what a widget says to a training in another process."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

from napari.layers import Image as ImageLayer

from napari_cytounet.errors import ImageError, OutputError, SettingsError
from napari_cytounet.events import BatchDone, Event, Progress, Validated
from napari_cytounet.runs.child import RunningTraining, follow, start_training
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import HistoryRow, read_history
from napari_cytounet.runs.train_job import TrainJob, read_job
from napari_cytounet.runs.unfinished import UnfinishedRun
from napari_cytounet.settings import TrainSettings
from napari_cytounet.widgets.new_folders import file_name, free_folder
from napari_cytounet.widgets.training.labelled_layers import (
    LayerPair,
    labelled_pair,
    understand_labels,
    write_pairs,
)


@dataclass(frozen=True)
class Request:
    """A training that the user asks for.

    Attributes
    ----------
    pairs
        Layers to learn from; else folders.
    images, masks, validation
        Folders to learn from and to validate on.
    settings, start_from, freeze_encoder
        As in `training`.
    goes_on_alone
        Whether it goes on when napari is closed.
    """

    settings: TrainSettings
    pairs: list[LayerPair] = field(default_factory=list)
    images: Path | None = None
    masks: Path | None = None
    validation: tuple[Path, Path] | None = None
    start_from: Path | None = None
    freeze_encoder: bool = False
    goes_on_alone: bool = False

    @property
    def name(self) -> str:
        """What the run is called after."""
        if self.pairs:
            return file_name(self.pairs[0].image.name)
        return file_name(self.images.name) if self.images else "run"


@dataclass(frozen=True)
class Begun:
    """A training that has begun.

    Attributes
    ----------
    running
        It.
    layers
        The image layers that it learns from, by the files that they were written to.
    colours
        Of the classes, where they are known.
    goes_on_alone
        Whether it goes on when napari is closed.
    past
        What an earlier part of the run said of its steps.
    """

    running: RunningTraining
    layers: dict[Path, ImageLayer] = field(default_factory=dict)
    colours: tuple[str, ...] = ()
    goes_on_alone: bool = False
    past: list[Event] = field(default_factory=list)


def begin(request: Request, runs: Path, cancel: threading.Event) -> Generator[Event, None, Begun]:
    """Check what is to be learnt, write what lies in layers into the run's folder, and start the training.

    Parameters
    ----------
    request
        What is asked for.
    runs
        The folder that gets the run's folder.
    cancel
        Looked at after each plane.

    Raises
    ------
    CytounetError
        With what is missing or does not fit; nothing is left in the folder for runs.
    """
    folder = free_folder(runs, request.name)
    if not request.pairs:
        running = start_training(folder, _job(request), threads=request.settings.device.threads)
        return _begun(running, request, {})
    pairs = [labelled_pair(pair, request.settings.masks, cancel) for pair in request.pairs]
    _check_channels([pair.image.channels for pair in pairs], request.pairs)
    reading = understand_labels(pairs, request.settings.masks, cancel)
    _check_names(request.settings.masks.class_names, reading.class_count)
    try:
        files = yield from write_pairs(pairs, RunFolder(folder).data, cancel)
        running = start_training(folder, _job(request, folder), threads=request.settings.device.threads)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    layers = {file: pair.image for file, pair in zip(files, request.pairs, strict=True)}
    return _begun(running, request, layers)


def go_on(run: UnfinishedRun, threads: int | None) -> Generator[Event, None, Begun]:
    """Watch a run that is running, or resume it in its folder with its own settings."""
    yield Progress(run.folder.name, 0, 1)
    if run.is_running:
        return Begun(follow(run.folder))
    folder = RunFolder(run.folder)
    past = past_events(read_history(folder.history)) if folder.history.exists() else []
    job = read_job(run.folder) if folder.job.exists() else TrainJob()  # none if the command line began it
    running = start_training(run.folder, job.model_copy(update={"resume": True}), threads=threads)
    return Begun(running, past=past)


def past_events(rows: list[HistoryRow]) -> list[Event]:
    """Return what a training said of the steps in its history."""
    events: list[Event] = []
    for row in rows:
        events.append(BatchDone(row.step, row.loss, row.learning_rate, row.seconds, 0.0, row.batch_size))
        if row.validation_dice is not None:
            events.append(Validated(row.step, row.seconds, row.validation_dice, best=False))
    return events


def _job(request: Request, folder: Path | None = None) -> TrainJob:
    if folder is None:
        if request.images is None:
            raise OutputError("Choose the folder of the images to learn from.")
        return TrainJob(
            images=request.images,
            masks=request.masks,
            validation=request.validation,
            settings=request.settings,
            start_from=request.start_from,
            freeze_encoder=request.freeze_encoder,
        )
    data = RunFolder(folder).data
    masks = request.settings.masks.model_copy(update={"pairing": "stem"})  # we named the files
    return TrainJob(
        images=data / "images",
        masks=data / "masks",
        settings=request.settings.model_copy(update={"masks": masks}),
        start_from=request.start_from,
        freeze_encoder=request.freeze_encoder,
    )


def _begun(running: RunningTraining, request: Request, layers: dict[Path, ImageLayer]) -> Begun:
    if request.goes_on_alone:
        running.let_go_on_alone()
    return Begun(running, layers, request.settings.masks.class_colours or (), request.goes_on_alone)


def _check_names(names: tuple[str, ...] | None, count: int) -> None:
    if names is not None and len(names) != count:
        raise SettingsError(
            f"The labels changed: they hold {count} class(es), {len(names)} were shown. Look at their names, "
            "and train again."
        )


def _check_channels(channels: list[int], pairs: list[LayerPair]) -> None:
    for count, pair in zip(channels, pairs, strict=True):
        if count != channels[0]:
            raise ImageError(
                f"The image {pair.image.name} has {count} channel(s), but {pairs[0].image.name} has "
                f"{channels[0]}. One network needs images of one kind: train two."
            )
