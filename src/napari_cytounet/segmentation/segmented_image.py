"""A lazily read image becomes files of labels: a class map and single objects."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Event as Flag
from typing import Literal

import numpy as np

from napari_cytounet.errors import OutputError
from napari_cytounet.events import Event, FileWritten, Progress
from napari_cytounet.images.image import Image
from napari_cytounet.images.writing import open_writer
from napari_cytounet.segmentation.label_spool import LabelSpool, PlaneLabels, label_spool
from napari_cytounet.segmentation.linking import link_planes, numbered_through
from napari_cytounet.segmentation.plane_labels import label_plane, stop_if_cancelled
from napari_cytounet.segmentation.seeded_planes import Seeds
from napari_cytounet.settings import ThresholdSettings

Output = Literal["classes", "instances"]


@dataclass(frozen=True)
class SegmentedImage:
    """What became of one image.

    Attributes
    ----------
    name
        Stem of the files.
    classes, instances
        The files written, None if not asked for.
    objects
        Number of objects, all planes together; those that are linked through a stack count once.
    thresholds
        For every plane the threshold of each channel; NaN where a plane had no contrast.
    """

    name: str
    classes: Path | None
    instances: Path | None
    objects: int
    thresholds: tuple[tuple[float, ...], ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary; a threshold that was not found is None."""
        return {
            "name": self.name,
            "classes": self.classes and str(self.classes),
            "instances": self.instances and str(self.instances),
            "objects": self.objects,
            "thresholds": _without_nan(self.thresholds),
        }


def segment_image(
    image: Image,
    thresholds: Sequence[float] | None,
    settings: ThresholdSettings,
    out: Path,
    *,
    stem: str,
    suffix: str = ".tif",
    outputs: Sequence[Output] = ("classes", "instances"),
    tags: Mapping[str, str] | None = None,
    overwrite: bool = False,
    cancel: Flag | None = None,
    seeds: Seeds | None = None,
) -> Generator[Event, None, SegmentedImage]:
    """Segment every plane of an image and write class map and instances; a generator of events.

    Memory is bounded by a band of rows, not by the plane, unless touching objects are to be split.

    Parameters
    ----------
    image
        Probabilities with one channel a foreground class, or raw intensities of one channel.
    thresholds
        One a channel, for all planes. None: found in every plane by the method of the settings.
    settings
        How to threshold and to clean.
    out
        Folder of the results: `classes/STEM.SUFFIX` and `instances/STEM.SUFFIX`.
    stem
        Name of the results.
    suffix
        `.tif` (OME-TIFF) or `.zarr` (OME-Zarr).
    outputs
        What to write.
    tags
        Written into the results, besides `kind` and `segmentation` (settings and thresholds, as JSON).
    overwrite
        Whether existing results may be replaced.
    cancel
        Looked at before every band of rows.
    seeds
        Where the cores of objects are, by which touching ones are told apart.

    Yields
    ------
    Event
        `Progress` in planes, where there are several planes or bands, and `FileWritten`.

    Raises
    ------
    Cancelled
        The flag was set; nothing of this image was written.
    ImageError, SettingsError
        See `plane_labels.label_plane`.
    OutputError
        Results are there already, or cannot be written.
    """
    paths = {kind: result_path(out, kind, stem, suffix) for kind in outputs}
    if not overwrite:
        refuse_existing(list(paths.values()))
    with label_spool(out) as spool:
        planes = image.planes
        labelled = []
        for number, index in enumerate(planes):
            labelling = label_plane(image, index, thresholds, settings, spool, cancel, seeds)
            labelled.append((yield from planes_done(labelling, number, len(planes))))
        count = sum(plane.count for plane in labelled)
        if settings.link_planes and image.plane_axes:
            labelled, count = _linked(image, labelled, spool)
        record = _record(settings, labelled)
        _write(image, labelled, spool, paths, dict(tags or {}) | {"segmentation": record}, cancel)
    for path in paths.values():
        yield FileWritten(str(path))
    return SegmentedImage(
        name=stem,
        classes=paths.get("classes"),
        instances=paths.get("instances"),
        objects=count,
        thresholds=tuple(plane.thresholds for plane in labelled),
    )


def result_path(out: Path, kind: str, stem: str, suffix: str) -> Path:
    """Return where a result is written, such as `OUT/classes/cells.tif`."""
    return out / kind / f"{stem}{suffix}"


def result_suffix(path: Path | None) -> str:
    """Return the suffix of results: those of a Zarr are Zarrs, those of all other files TIFFs."""
    return ".zarr" if path is not None and path.is_dir() else ".tif"


def refuse_existing(paths: Sequence[Path]) -> None:
    """Raise an OutputError if one of these results is there already."""
    for path in paths:
        if path.exists():
            raise OutputError(
                f"{path}: is there already. Choose another output folder, or say --overwrite to replace it."
            )


def planes_done(
    labelling: Generator[float, None, PlaneLabels], number: int, count: int
) -> Generator[Event, None, PlaneLabels]:
    """Turn the share of one plane into progress over all of them."""
    while True:
        try:
            share = next(labelling)
        except StopIteration as end:
            found: PlaneLabels = end.value
            return found
        if count > 1 or share < 1:
            yield Progress("planes", number + share, count)


def _linked(
    image: Image, labelled: Sequence[PlaneLabels], spool: LabelSpool
) -> tuple[list[PlaneLabels], int]:
    """Give objects one number through each stack, which lies along the last axis, and count them."""
    linked: list[PlaneLabels] = []
    count = 0
    for _, members in groupby(range(len(labelled)), key=lambda number: image.planes[number][:-1]):
        stack = [labelled[number] for number in members]
        linked += numbered_through(stack, link_planes(stack, spool))
        count += max(plane.count for plane in linked[-len(stack) :])
    return linked, count


def _write(
    image: Image,
    labelled: Sequence[PlaneLabels],
    spool: LabelSpool,
    paths: Mapping[Output, Path],
    tags: Mapping[str, str],
    cancel: Flag | None,
) -> None:
    """Write all results side by side; they appear when all of them are complete."""
    stack = {letter: last + 1 for letter, last in zip(image.plane_axes, image.planes[-1], strict=True)}
    sizes = stack | {"Y": image.height, "X": image.width}
    dtypes = {
        "classes": np.min_scalar_type(image.channels),
        "instances": np.min_scalar_type(max(plane.count for plane in labelled)),
    }
    with ExitStack() as opened:
        writers = {
            kind: opened.enter_context(
                open_writer(
                    path,
                    sizes=sizes,
                    dtype=dtypes[kind],
                    pixel_size=image.pixel_size,
                    tags=dict(tags) | {"kind": kind},
                )
            )
            for kind, path in paths.items()
        }
        for index, plane in zip(image.planes, labelled, strict=True):
            of_label = {"classes": plane.classes[plane.final], "instances": plane.final}
            of_label = {kind: table.astype(dtypes[kind]) for kind, table in of_label.items()}
            for rows, number in plane.bands:
                stop_if_cancelled(cancel, image)
                labels = spool.get(number)
                for kind, writer in writers.items():
                    writer.write(index, rows, slice(None), of_label[kind][labels])


def _record(settings: ThresholdSettings, labelled: Sequence[PlaneLabels]) -> str:
    thresholds = _without_nan([plane.thresholds for plane in labelled])
    return json.dumps(settings.model_dump() | {"thresholds": thresholds})


def _without_nan(thresholds: Sequence[Sequence[float]]) -> list[list[float | None]]:
    """Return thresholds as JSON can hold them: None where a plane had no contrast."""
    return [[None if math.isnan(value) else value for value in plane] for plane in thresholds]
