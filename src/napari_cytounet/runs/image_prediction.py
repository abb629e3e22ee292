"""Applying a model to one image and writing what it finds."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
from napari_cytounet.segmentation.seeded_planes import open_seeds, seeds_tag
from napari_cytounet.segmentation.segmented_image import (
    SegmentedImage,
    result_path,
    result_suffix,
    segment_image,
)
from napari_cytounet.settings import PredictionSettings, ThresholdSettings
from napari_cytounet.unet.devices import Device
from napari_cytounet.unet.model import Model
from napari_cytounet.unet.object_calibration import growth
from napari_cytounet.unet.object_size import scale_of_objects
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
    written: list[Path] = []
    maps = [kind for kind in ("probabilities", "seeds") if kind == "probabilities" or task.model.card.objects]
    keeps = "probabilities" in task.settings.output
    kept = [result_path(task.out, kind, image.name, suffix) for kind in maps] if keeps else []
    with ExitStack() as opened:
        paths = [opened.enter_context(atomic_path(path)) for path in kept] or opened.enter_context(
            _passing_files(task.out, maps, suffix)
        )
        yield from _write_maps(image, dict(zip(maps, paths, strict=True)), task)
        if labels:
            segmented = yield from _segment(paths, image.name, suffix, labels, task)
            written += [file for file in (segmented.classes, segmented.instances) if file is not None]
    for path in kept:
        yield FileWritten(str(path))
    return [*kept, *written]


@contextmanager
def _passing_files(out: Path, maps: Sequence[str], suffix: str) -> Iterator[list[Path]]:
    """Give places for maps that only labels are made of, on the disk of the results."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        remove_leftovers(out)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".predicting-{maker()}-") as folder:
            yield [Path(folder) / f"{kind}{suffix}" for kind in maps]
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error}). Write to another folder.") from error


def _segment(
    paths: Sequence[Path], stem: str, suffix: str, labels: Sequence[Any], task: PredictionTask
) -> Generator[Event, None, SegmentedImage]:
    calibrated = task.threshold.method == "calibrated"
    thresholds, seeds = task.model.card.thresholds, None
    if task.model.card.objects is not None and not task.threshold.split_touching:
        seeds = open_seeds(paths[1])
        thresholds = (seeds.foreground,) * len(thresholds)
    return segment_image(
        open_image(paths[0]),
        thresholds if calibrated else None,
        task.threshold,
        task.out,
        stem=stem,
        suffix=suffix,
        outputs=labels,
        tags=task.tags,
        overwrite=task.replaces,
        cancel=task.cancel,
        seeds=seeds,
    )


def _write_maps(
    image: Image, paths: Mapping[str, Path], task: PredictionTask
) -> Generator[Event, None, None]:
    """Write the probabilities of all planes as they come, and where the cores of objects are."""
    card = task.model.card
    stack = {axis: image.data.shape[image.axes.index(axis)] for axis in image.plane_axes}
    plane = {"Y": image.height, "X": image.width}
    classes = {"C": len(card.classes)} if len(card.classes) > 1 else {}
    # One scale for all planes of a stack, lest an object be another size in each.
    scale = scale_of_objects(
        task.model,
        image,
        image.planes[len(image.planes) // 2],
        device=task.device,
        diameter=task.settings.diameter,
    )
    tags = dict(task.tags)
    if card.objects is not None:
        tags |= seeds_tag(card.objects.foreground, card.objects.seeds, growth(scale))
    with ExitStack() as opened:
        writers = {
            kind: opened.enter_context(
                open_writer(
                    path,
                    sizes=stack | (classes if kind == "probabilities" else {}) | plane,
                    dtype=np.float32 if kind == "probabilities" else np.uint8,
                    pixel_size=image.pixel_size,
                    tags=tags | {"kind": kind},
                    name=image.name,
                )
            )
            for kind, path in paths.items()
        }
        for index in image.planes:
            for box in boxes_with_less_memory(
                task.model, image, index, settings=task.settings, device=task.device, scale=scale
            ):
                if isinstance(box, Notice):
                    yield box
                    continue
                writers["probabilities"].write(index, box.rows, box.columns, box.values)
                if box.seeds is not None:
                    cores = np.rint(255 * box.seeds).astype(np.uint8)
                    writers["seeds"].write(index, box.rows, box.columns, cores)
                yield TileDone(image.plane_name(index), box.done, box.total)
                if task.cancel.is_set():
                    raise Cancelled(f"Stopped in {image.name}: results of the images before it are kept.")
