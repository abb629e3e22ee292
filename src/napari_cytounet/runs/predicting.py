"""Applying a model to files: the job behind `cytounet predict`."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, FileWritten, Notice, TileDone, drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.images.writing import atomic_path, open_writer
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.segmentation.segmented_image import (
    SegmentedImage,
    refuse_existing,
    result_path,
    segment_image,
)
from napari_cytounet.settings import DeviceSettings, ImageSettings, PredictionSettings, ThresholdSettings
from napari_cytounet.unet.devices import Device, choose_device, is_out_of_memory, out_of_memory_error
from napari_cytounet.unet.model import Model, load_model
from napari_cytounet.unet.prediction import PredictedBox, check_fits, predicted_boxes, tile_length


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


@dataclass(frozen=True)
class _Work:
    """What all images of one prediction have in common."""

    model: Model
    out: Path
    settings: PredictionSettings
    threshold: ThresholdSettings
    device: Device
    cancel: threading.Event
    tags: dict[str, str] = field(default_factory=dict)


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
        Folder for the results: `probabilities`, `classes` and `instances`, each with the names of the inputs.
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
        "thresholds": json.dumps(loaded.card.thresholds),
    }
    work = _Work(loaded, out, settings, threshold, chosen, cancel, tags)
    _check_free(paths, work)
    written: list[Path] = []
    count = 0
    with chosen.threads_set():
        for path in paths:
            image = open_image(path, images)
            check_fits(loaded, image)
            try:
                written += yield from _predict_image(image, work)
            except Cancelled:
                if not written:
                    raise
                break
            count += 1
    return PredictResult(tuple(written), count, stopped=count < len(paths))


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


def _check_free(paths: Sequence[Path], work: _Work) -> None:
    """Refuse inputs whose results would overwrite each other, or results of an earlier run."""
    taken: dict[str, Path] = {}
    for path in paths:
        stem = image_stem(path)
        other = taken.setdefault(stem, path)
        if other is not path:
            raise OutputError(
                f"{other} and {path} would both be written as {stem}. Predict them into two folders."
            )
        if not work.settings.overwrite:
            refuse_existing(
                [result_path(work.out, kind, stem, _suffix(path)) for kind in work.settings.output]
            )


def _predict_image(image: Image, work: _Work) -> Generator[Event, None, list[Path]]:
    """Predict all planes of an image and write its results, or nothing of them if it is stopped."""
    suffix = _suffix(image.path)
    labels = [kind for kind in work.settings.output if kind != "probabilities"]
    kept = result_path(work.out, "probabilities", image.name, suffix)
    written: list[Path] = []
    keeps = "probabilities" in work.settings.output
    with atomic_path(kept) if keeps else _passing_file(work.out, suffix) as path:
        yield from _write_probabilities(image, path, work)
        if labels:
            segmented = yield from _segment(path, image.name, suffix, labels, work)
            written += [file for file in (segmented.classes, segmented.instances) if file is not None]
    if keeps:
        written.insert(0, kept)
        yield FileWritten(str(kept))
    return written


@contextmanager
def _passing_file(out: Path, suffix: str) -> Iterator[Path]:
    """Give a place for probabilities that only labels are made of, on the disk of the results."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".predicting-") as folder:
            yield Path(folder) / f"probabilities{suffix}"
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Write to another folder.") from error


def _segment(
    path: Path, stem: str, suffix: str, labels: Sequence[Any], work: _Work
) -> Generator[Event, None, SegmentedImage]:
    calibrated = work.threshold.method == "calibrated"
    return segment_image(
        open_image(path),
        work.model.card.thresholds if calibrated else None,
        work.threshold,
        work.out,
        stem=stem,
        suffix=suffix,
        outputs=labels,
        tags=work.tags,
        overwrite=work.settings.overwrite,
        cancel=work.cancel,
    )


def _write_probabilities(image: Image, path: Path, work: _Work) -> Generator[Event, None, None]:
    """Write the probabilities of all planes as they come."""
    classes = len(work.model.card.classes)
    sizes = {axis: image.data.shape[image.axes.index(axis)] for axis in image.plane_axes}
    sizes |= {"C": classes} if classes > 1 else {}
    sizes |= {"Y": image.height, "X": image.width}
    tags = work.tags | {"kind": "probabilities"}
    with open_writer(path, sizes=sizes, dtype=np.float32, pixel_size=image.pixel_size, tags=tags) as writer:
        for index in image.planes:
            for box in _boxes_with_less_memory(image, index, work):
                if isinstance(box, Notice):
                    yield box
                    continue
                writer.write(index, box.rows, box.columns, box.values)
                yield TileDone(image.plane_name(index), box.done, box.total)
                if work.cancel.is_set():
                    raise Cancelled(f"Stopped in {image.name}: results of the images before it are kept.")


def _boxes_with_less_memory(
    image: Image, index: tuple[int, ...], work: _Work
) -> Iterator[PredictedBox | Notice]:
    """Predict a plane; where memory does not suffice, once more with tiles of half the length."""
    try:
        yield from predicted_boxes(work.model, image, index, settings=work.settings, device=work.device)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        tile = tile_length(work.model.network, work.settings)
        smaller = work.settings.model_copy(update={"tile": tile // 2})
        yield Notice(f"Not enough memory for tiles of {tile} pixels: trying {tile // 2}.")
        try:
            yield from predicted_boxes(work.model, image, index, settings=smaller, device=work.device)
        except (RuntimeError, MemoryError) as second:
            if not is_out_of_memory(second):
                raise
            raise out_of_memory_error(
                f"tiles of {smaller.tile} pixels",
                "Use a smaller --tile, such as 128, or close other programs.",
            ) from second


def _suffix(path: Path | None) -> str:
    """Results of a Zarr are Zarrs, those of all other files TIFFs."""
    return ".zarr" if path is not None and path.is_dir() else ".tif"
