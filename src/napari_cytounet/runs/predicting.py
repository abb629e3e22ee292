"""Applying a model to files: the job behind `cytounet predict`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, Notice, Progress, drain
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.notes import counted_notes
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.runs.image_prediction import PredictionTask, predict_image
from napari_cytounet.runs.provenance import note_provenance
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.segmentation.plane_labels import refuse_unsplittable
from napari_cytounet.segmentation.segmented_image import result_path, result_suffix
from napari_cytounet.segmentation.threshold_files import refuse_wrong_scale
from napari_cytounet.settings import DeviceSettings, ImageSettings, PredictionSettings, ThresholdSettings
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.fit import check_fits
from napari_cytounet.unet.model import load_model


@dataclass(frozen=True)
class PredictResult:
    """What a prediction ended with.

    Attributes
    ----------
    written
        All files that were written.
    images
        How many images were predicted.
    stopped
        Whether the user stopped it; what was written until then is complete.
    """

    written: tuple[Path, ...]
    images: int
    stopped: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the result ready for JSON."""
        return {
            "written": [str(path) for path in self.written],
            "images": self.images,
            "stopped": self.stopped,
        }


def predicting(
    model: Path,
    inputs: Sequence[Path],
    *,
    out: Path,
    settings: PredictionSettings = PredictionSettings(),
    device: DeviceSettings = DeviceSettings(),
    images: ImageSettings = ImageSettings(),
    threshold: ThresholdSettings = ThresholdSettings(),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, PredictResult]:
    """Apply a model to images, folders and stacks, and write what it finds.

    Parameters
    ----------
    model
        A model file or the folder of a run.
    inputs
        Images and folders of images.
    out
        Folder for the results: `probabilities`, `classes` and `instances`, each with the names of the inputs,
        and `provenance.jsonl`, which says what made each of them.
    settings
        What to write, and tiles.
    device
        Where to compute.
    images
        How the inputs are read.
    threshold
        How probabilities become labels.
    cancel
        Set it to stop: images that are finished are kept.

    Yields
    ------
    Event
        TileDone, FileWritten and notices.

    Raises
    ------
    CytounetError
        With what is wrong and what to do.
    """
    cancel = cancel or threading.Event()
    loaded = load_model(model)
    paths = [path for source in inputs for path in find_images(source)]
    chosen = choose_device(device)
    tags = {
        "model": content_hash(loaded.path) if loaded.path else "",
        "classes": json.dumps(loaded.card.classes),
        "mask_values": json.dumps(loaded.card.mask_values),
        "thresholds": json.dumps(loaded.card.thresholds),
    }
    task = PredictionTask(loaded, out, settings, threshold, chosen, cancel, tags)
    wanted = yield from _checked(paths, images, task)
    if len(wanted) < len(paths):
        yield Notice(
            f"{len(paths) - len(wanted)} of {len(paths)} images have their results and are left out."
        )
    written: list[Path] = []
    count = 0
    with chosen.threads_set():
        for path in wanted:
            try:
                results = yield from predict_image(open_image(path, images), task)
            except Cancelled:
                if not written:
                    raise
                break
            note_provenance(path, results, images, task)
            written += results
            count += 1
            yield Progress("images", count, len(wanted))
    return PredictResult(tuple(written), count, stopped=count < len(wanted))


def predict(
    model: Path | str,
    inputs: Path | str | Sequence[Path | str],
    *,
    out: Path | str,
    settings: PredictionSettings = PredictionSettings(),
    device: DeviceSettings = DeviceSettings(),
    images: ImageSettings = ImageSettings(),
    threshold: ThresholdSettings = ThresholdSettings(),
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> PredictResult:
    """Apply a model to images, folders and stacks, and write what it finds.

    `on_event` is called with every event; all else is as in `predicting`.
    """
    job = predicting(
        Path(model),
        [Path(source) for source in ([inputs] if isinstance(inputs, Path | str) else inputs)],
        out=Path(out),
        settings=settings,
        device=device,
        images=images,
        threshold=threshold,
        cancel=cancel,
    )
    return drain(job, on_event)


def _checked(
    paths: Sequence[Path], images: ImageSettings, task: PredictionTask
) -> Generator[Event, None, list[Path]]:
    """Look at every image before the first tile, and return those that are to be predicted.

    Hours of work must not end at an image that could have been refused in the beginning.
    """
    refuse_wrong_scale(task.threshold)
    wanted = _free(paths, task)
    notes: list[tuple[str, ...]] = []
    for done, path in enumerate(wanted):
        image = open_image(path, images)
        check_fits(task.model.card, image)
        if set(task.settings.output) != {"probabilities"}:
            refuse_unsplittable(image, task.threshold)
        notes.append(image.notes)
        if task.cancel.is_set():
            raise Cancelled("Stopped while the images were looked at: nothing was predicted.")
        yield Progress("images looked at", done + 1, len(wanted))
    yield from counted_notes(notes)
    return wanted


def _free(paths: Sequence[Path], task: PredictionTask) -> list[Path]:
    """Return the inputs to predict; refuse those that would overwrite results or each other."""
    taken: dict[str, Path] = {}
    wanted = []
    for path in paths:
        stem = image_stem(path)
        other = taken.setdefault(stem, path)
        if other is not path:
            raise OutputError(
                f"{other} and {path} would both be written as {stem}. Predict them into two folders."
            )
        results = [result_path(task.out, kind, stem, result_suffix(path)) for kind in task.settings.output]
        if task.settings.skip_existing and all(result.exists() for result in results):
            continue
        if not task.replaces:
            _refuse_existing(results)
        wanted.append(path)
    return wanted


def _refuse_existing(results: Sequence[Path]) -> None:
    there = next((result for result in results if result.exists()), None)
    if there is not None:
        raise OutputError(
            f"{there} is there already. Go on with a prediction that was stopped by --skip-existing, replace "
            "results by --overwrite, or choose another --out."
        )
