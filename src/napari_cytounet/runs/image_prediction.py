"""Applying a model to one image and writing what it finds."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, FileWritten, Notice, TileDone
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.image import Image
from napari_cytounet.images.leftovers import maker, remove_leftovers
from napari_cytounet.images.reading import open_image
from napari_cytounet.images.writing import open_writer
from napari_cytounet.segmentation.segmented_image import (
    SegmentedImage,
    result_path,
    result_suffix,
    segment_image,
)
from napari_cytounet.settings import PredictionSettings, ThresholdSettings
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.smaller_tiles import boxes_with_less_memory


@dataclass(frozen=True)
class PredictionTask:
    """What all images of one prediction have in common."""

    model: Model
    out: Path
    settings: PredictionSettings
    threshold: ThresholdSettings
    device: Device
    cancel: threading.Event
    tags: dict[str, str]

    @property
    def replaces(self) -> bool:
        """Whether results that are there, perhaps not all of an image, give way to new ones."""
        return self.settings.overwrite or self.settings.skip_existing


def predict_image(image: Image, task: PredictionTask) -> Generator[Event, None, list[Path]]:
    """Predict all planes of an image and write its results, or nothing of them if it is stopped."""
    suffix = result_suffix(image.path)
    labels = [kind for kind in task.settings.output if kind != "probabilities"]
    kept = result_path(task.out, "probabilities", image.name, suffix)
    written: list[Path] = []
    keeps = "probabilities" in task.settings.output
    with atomic_path(kept) if keeps else _passing_file(task.out, suffix) as path:
        yield from _write_probabilities(image, path, task)
        if labels:
            segmented = yield from _segment(path, image.name, suffix, labels, task)
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
        remove_leftovers(out)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".predicting-{maker()}-") as folder:
            yield Path(folder) / f"probabilities{suffix}"
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Write to another folder.") from error


def _segment(
    path: Path, stem: str, suffix: str, labels: Sequence[Any], task: PredictionTask
) -> Generator[Event, None, SegmentedImage]:
    calibrated = task.threshold.method == "calibrated"
    return segment_image(
        open_image(path),
        task.model.card.thresholds if calibrated else None,
        task.threshold,
        task.out,
        stem=stem,
        suffix=suffix,
        outputs=labels,
        tags=task.tags,
        overwrite=task.replaces,
        cancel=task.cancel,
    )


def _write_probabilities(image: Image, path: Path, task: PredictionTask) -> Generator[Event, None, None]:
    """Write the probabilities of all planes as they come."""
    classes = len(task.model.card.classes)
    sizes = {axis: image.data.shape[image.axes.index(axis)] for axis in image.plane_axes}
    sizes |= {"C": classes} if classes > 1 else {}
    sizes |= {"Y": image.height, "X": image.width}
    tags = task.tags | {"kind": "probabilities"}
    with open_writer(
        path, sizes=sizes, dtype=np.float32, pixel_size=image.pixel_size, tags=tags, name=image.name
    ) as writer:
        for index in image.planes:
            for box in boxes_with_less_memory(
                task.model, image, index, settings=task.settings, device=task.device
            ):
                if isinstance(box, Notice):
                    yield box
                    continue
                writer.write(index, box.rows, box.columns, box.values)
                yield TileDone(image.plane_name(index), box.done, box.total)
                if task.cancel.is_set():
                    raise Cancelled(f"Stopped in {image.name}: results of the images before it are kept.")
