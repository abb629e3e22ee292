"""The job behind `cytounet measure`: the objects of label files go into one table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import Cancelled
from napari_cytounet.events import Event, FileWritten, Notice, Progress, drain
from napari_cytounet.images.naming import image_stem
from napari_cytounet.images.pixel_size import PixelSize
from napari_cytounet.measurement.label_files import find_label_files
from napari_cytounet.measurement.objects import measure_objects
from napari_cytounet.measurement.table import check_table_path, open_table
from napari_cytounet.settings import ImageSettings, MaskSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterable, Sequence

    from napari_cytounet.measurement.label_files import LabelFiles, LabelledPlane
    from napari_cytounet.measurement.objects import Columns
    from napari_cytounet.measurement.table import TableWriter


@dataclass(frozen=True)
class MeasuredImage:
    """The objects of one image (of a stack: of all planes together).

    Attributes
    ----------
    name
        Name of the label file.
    objects
        Their number.
    mean_area_px, mean_area_um2
        Mean area; None without objects, and in square micrometres without a pixel size.
    """

    name: str
    objects: int
    mean_area_px: float | None
    mean_area_um2: float | None


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
            "per_image": [asdict(image) for image in self.per_image],
            "notes": list(self.notes),
        }


def measure(
    labels: Path | str,
    out: Path | str,
    *,
    image: Path | str | None = None,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
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
        CSV file to write: a row an object with its `image`, its `plane` (such as `T=3 Z=0`, empty for a
        single image) and the columns of `measure_objects`, with a `class_name` after the `class` where
        results of ours name several classes. A cell is empty where an image lacks what others have (a pixel
        size, a channel).
    image
        Folder or file of the images, to measure intensities.
    masks
        What the labels hold, if it is not to be guessed, and how files find each other.
    images
        Axes and pixel size, where the files' metadata is missing or wrong.
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
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, MeasureResult]:
    """Measure objects as a job: yields events and returns what `measure` returns.

    Raises
    ------
    Cancelled
        If `cancel` is set before all images are measured; no table is left then.
    """
    check_table_path(out, overwrite=overwrite)
    files = find_label_files(labels, image, masks, images)
    for note in files.notes:
        yield Notice(note)
    measured: list[MeasuredImage] = []
    with open_table(out, ["image", "plane", *_column_names(files)]) as table:
        for number, (path, _) in enumerate(files.paths):
            if cancel is not None and cancel.is_set():
                raise Cancelled(f"Stopped after {number} of {len(files.paths)} images; no table was written.")
            yield Progress("images", number, len(files.paths))
            measured.append(_measure_file(image_stem(path), files.planes(number), table))
    yield Progress("images", len(files.paths), len(files.paths))
    yield FileWritten(str(out))
    return MeasureResult(out, sum(image.objects for image in measured), tuple(measured), files.notes)


def _column_names(files: LabelFiles) -> list[str]:
    """Name all columns that some file has, in order: those of an empty image that has everything."""
    names = list(
        measure_objects(
            np.zeros((1, 1), np.int32),
            np.zeros((files.channels, 1, 1)),
            PixelSize(1, 1) if files.has_pixel_size else None,
            {} if files.has_classes else None,
        )
    )
    if files.has_classes and files.has_class_names:
        names.insert(names.index("class") + 1, "class_name")
    return names


def _measure_file(name: str, planes: Iterable[LabelledPlane], table: TableWriter) -> MeasuredImage:
    """Write the objects of one file into the table."""
    areas_px: list[float] = []
    areas_um2: list[float] = []
    for plane in planes:
        columns = measure_objects(plane.instances, plane.image, plane.pixel_size, plane.instance_classes)
        rows = len(columns["label"])
        place = {"image": [name] * rows, "plane": [plane.place] * rows}
        table.write({**place, **_class_name_column(plane, columns), **columns})
        areas_px.extend(columns["area_px"])
        areas_um2.extend(columns.get("area_um2", ()))
    return MeasuredImage(name, len(areas_px), _mean(areas_px), _mean(areas_um2))


def _class_name_column(plane: LabelledPlane, columns: Columns) -> dict[str, list[str]]:
    if "class" not in columns or not plane.class_names:
        return {}
    return {"class_name": [plane.class_names[int(number) - 1] for number in columns["class"]]}


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
