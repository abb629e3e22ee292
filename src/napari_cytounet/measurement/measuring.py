"""The job behind `cytounet measure`: the objects of label files go into one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import Cancelled
from napari_cytounet.events import Event, FileWritten, Notice, Progress, drain
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.measurement.image_summary import MeasuredImage, summarise_objects
from napari_cytounet.measurement.label_files import find_label_files
from napari_cytounet.measurement.objects import measure_objects, measuring_objects
from napari_cytounet.measurement.table import FORMATS, check_table_path, open_table
from napari_cytounet.settings import ImageSettings, MaskSettings, MeasureSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable

    from numpy.typing import NDArray

    from napari_cytounet.measurement.label_files import LabelFiles, LabelledPlane
    from napari_cytounet.measurement.objects import Columns
    from napari_cytounet.measurement.table import TableWriter


@dataclass(frozen=True)
class MeasureResult:
    """What was measured.

    Attributes
    ----------
    path
        The table.
    objects
        Number of its rows.
    per_image
        Each image in short.
    notes
        What the user should know about these numbers.
    """

    path: Path
    objects: int
    per_image: tuple[MeasuredImage, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return {
            "path": str(self.path),
            "objects": self.objects,
            "per_image": [image.as_dict() for image in self.per_image],
            "notes": list(self.notes),
        }


def measure(
    labels: Path | str,
    out: Path | str,
    *,
    image: Path | str | None = None,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    settings: MeasureSettings = MeasureSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> MeasureResult:
    """Measure the objects of label files into one table.

    Parameters
    ----------
    labels
        Folder or file of instance labels, or of masks of another kind, in which every connected patch of a
        class is an object. Our own results say what they hold; for `instances` of several classes, the class
        maps in the folder `classes` beside it tell the class of each object.
    out
        Table to write, .csv or .parquet (which needs the extra `parquet`): a row an object with its `image`,
        its `plane` (such as `T=3 Z=0`, empty for a single image) and the columns of `measure_objects`, with a
        `class_name` after the `class` where labels name classes. A cell is empty where an image lacks what
        others have (a pixel size, a channel).
    image
        Folder or file of the images, to measure intensities.
    masks
        What the labels hold, if it is not to be guessed, and how files find each other.
    images
        Axes and pixel size, where the files' metadata is missing or wrong.
    settings
        What is measured besides.
    overwrite
        Replace a table that is there.
    cancel
        Set it to stop; no table is left then.
    on_event
        Called with every event of the job.

    Raises
    ------
    OutputError
        If the table is there already, or cannot be written.
    PairingError
        If a label file has no image or the reverse.
    MaskError, ImageError
        If files cannot be understood, or differ in size from their partner.
    Cancelled
        If it was stopped.
    """
    job = measuring(
        Path(labels),
        Path(out),
        image=None if image is None else Path(image),
        masks=masks,
        images=images,
        settings=settings,
        overwrite=overwrite,
        cancel=cancel,
    )
    return drain(job, on_event)


def measuring(
    labels: Path,
    out: Path,
    *,
    image: Path | None = None,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    settings: MeasureSettings = MeasureSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, MeasureResult]:
    """Measure objects as a job: yields events and returns what `measure` returns.

    Raises
    ------
    Cancelled
        If `cancel` is set before all images are measured; no table is left then.
    """
    check_table_path(out, overwrite=overwrite, suffixes=tuple(FORMATS))
    files = find_label_files(labels, image, masks, images)
    for note in files.notes:
        yield Notice(note)
    measured: list[MeasuredImage] = []
    with open_table(out, ["image", "plane", *_column_names(files, settings)]) as table:
        for number, (path, _) in enumerate(files.paths):
            if cancel is not None and cancel.is_set():
                raise Cancelled(f"Stopped after {number} of {len(files.paths)} images; no table was written.")
            yield Progress("images", number, len(files.paths))
            planes = _measuring_file(image_stem(path), files.planes(number), table, settings)
            measured.append((yield from _stoppable(planes, number, len(files.paths), cancel)))
    yield Progress("images", len(files.paths), len(files.paths))
    yield FileWritten(str(out))
    return MeasureResult(out, sum(image.objects for image in measured), tuple(measured), files.notes)


def _column_names(files: LabelFiles, settings: MeasureSettings) -> list[str]:
    """Name all columns that some file has, in order: those of an empty image that has everything."""
    names = list(
        measure_objects(
            np.zeros((1, 1), np.int32),
            np.zeros((files.channels, 1, 1)),
            PixelSize(1, 1) if files.has_pixel_size else None,
            {} if files.has_classes else None,
            settings,
        )
    )
    if files.has_classes and files.has_class_names:
        names.insert(names.index("class") + 1, "class_name")
    return names


def _stoppable(
    job: Generator[float, None, MeasuredImage], number: int, count: int, cancel: threading.Event | None
) -> Generator[Event, None, MeasuredImage]:
    """Turn the share of one image into progress over all of them, and stop between batches of objects."""
    while True:
        try:
            share = next(job)
        except StopIteration as end:
            measured: MeasuredImage = end.value
            return measured
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped after {number} of {count} images; no table was written.")
        yield Progress("images", number + share, count)


def _measuring_file(
    name: str, planes: Iterable[LabelledPlane], table: TableWriter, settings: MeasureSettings
) -> Generator[float, None, MeasuredImage]:
    """Write the objects of one file into the table; yields the share of a plane that is done."""
    areas: list[NDArray[np.integer]] = []
    pixels, pixel_area = 0, None
    for plane in planes:
        columns = yield from measuring_objects(
            plane.instances, plane.image, plane.pixel_size, plane.instance_classes, settings
        )
        rows = len(columns["label"])
        place = {"image": [name] * rows, "plane": [plane.place] * rows}
        table.write({**place, **_class_name_column(plane, columns), **columns})
        areas.append(np.asarray(columns["area_px"], np.int64))
        pixels += plane.instances.size
        pixel_area = None if plane.pixel_size is None else plane.pixel_size.y * plane.pixel_size.x
    return summarise_objects(name, areas, pixels, pixel_area)


def _class_name_column(plane: LabelledPlane, columns: Columns) -> dict[str, list[str]]:
    if "class" not in columns or not plane.class_names:
        return {}
    return {"class_name": [plane.class_names[int(number) - 1] for number in columns["class"]]}
