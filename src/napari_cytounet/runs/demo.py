"""The whole job on sample data: what `cytounet demo` does."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from napari_cytounet.errors import SampleError
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.samples.bbbc030 import fetch_bbbc030
from napari_cytounet.images.samples.synthetic import write_synthetic
from napari_cytounet.measurement.evaluating import evaluating
from napari_cytounet.measurement.evaluation import Evaluation
from napari_cytounet.measurement.measuring import MeasureResult, measuring
from napari_cytounet.runs.predicting import predicting
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.runs.training import Look, training
from napari_cytounet.segmentation import thresholding
from napari_cytounet.settings import PredictionSettings, ThresholdSettings, TrainingSettings, TrainSettings

TRAINING = TrainSettings(training=TrainingSettings(preset="fast", minutes=0.75))
CLEANING = ThresholdSettings(method="calibrated", fill_holes=True, min_size=100)


@dataclass(frozen=True)
class Sample:
    """Images with masks to learn from, and others to try the model on.

    Attributes
    ----------
    what
        What they show and where they come from, for the user.
    folder
        Holds `train` and `validation`, each of them with `images` and masks.
    masks
        Name of the folders of masks.
    """

    what: str
    folder: Path
    masks: str


@dataclass(frozen=True)
class DemoResult:
    """What the demonstration made.

    Attributes
    ----------
    sample
        The data that it used.
    folder
        Where all results lie.
    trained, evaluated, measured
        Results of its steps.
    seconds
        That it took.
    """

    sample: str
    folder: Path
    trained: TrainResult
    evaluated: Evaluation
    measured: MeasureResult
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "sample": self.sample,
            "folder": str(self.folder),
            "trained": self.trained.as_dict(),
            "evaluated": self.evaluated.as_dict(),
            "measured": self.measured.as_dict(),
            "seconds": self.seconds,
        }


def demonstrating(
    out: Path,
    *,
    settings: TrainSettings = TRAINING,
    look: Look | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, DemoResult]:
    """Train, predict, threshold, evaluate and measure on sample data.

    Parameters
    ----------
    out
        Folder that gets a new folder for this demonstration: `1`, then `2` and so on.
    settings
        Of the training.
    look
        Looks at the data of the training first: see `training`.
    cancel
        Set it to stop: what is finished is kept.

    Yields
    ------
    Event
        Those of all the jobs, and a notice before each.

    Raises
    ------
    CytounetError
        If a step cannot be done, or was stopped.
    """
    started = time.perf_counter()
    folder = _next_folder(out)
    sample = yield from _sample(folder)
    learnt, new = sample.folder / "train", sample.folder / "validation"

    yield Notice(f"Training on {sample.what}, into {folder / 'run'}")
    trained = yield from training(
        learnt / "images",
        learnt / sample.masks,
        out=folder / "run",
        settings=settings,
        look=look,
        cancel=cancel,
    )
    yield Notice(f"Predicting {new / 'images'}")
    probabilities = PredictionSettings(output=("probabilities",))
    yield from predicting(trained.model, [new / "images"], out=folder, settings=probabilities, cancel=cancel)
    yield Notice("Thresholding where the model was best on what was kept back from training")
    yield from thresholding([folder / "probabilities"], folder, CLEANING, cancel=cancel)
    yield Notice(f"Evaluating against {new / sample.masks}")
    evaluated = yield from evaluating(folder / "instances", new / sample.masks, cancel=cancel)
    yield Notice(f"Measuring into {folder / 'table.csv'}")
    measured = yield from measuring(
        folder / "instances", folder / "table.csv", image=new / "images", cancel=cancel
    )
    return DemoResult(sample.what, folder, trained, evaluated, measured, time.perf_counter() - started)


def _sample(folder: Path) -> Generator[Event, None, Sample]:
    """Return real data where it can be had, else synthetic data written into the folder."""
    yield Notice("Looking for real sample images; where they are to be downloaded, those are 33 MB, once.")
    try:
        return Sample("real images of CHO cells (BBBC030, DIC)", fetch_bbbc030(), "new_outlines")
    except SampleError as error:
        yield Notice(f"{error}\nSo the cells of this demonstration are synthetic.")
    return Sample("synthetic images of cells (DIC)", write_synthetic(folder / "synthetic", "dic"), "masks")


def _next_folder(out: Path) -> Path:
    """Return the first folder 1, 2, … that is not there yet, so that every demonstration is kept."""
    return next(folder for number in count(1) if not (folder := out / str(number)).exists())
