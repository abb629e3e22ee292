"""The job behind `cytounet export`: the objects of label files, as other programs store them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.errors import Cancelled, OutputError
from napari_cytounet.events import Event, FileWritten, Notice, Progress, drain
from napari_cytounet.images.annotations.formats import WRITING, Writing
from napari_cytounet.images.annotations.shapes import AnnotatedImage, Shape
from napari_cytounet.images.annotations.tracing import trace_objects
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.naming import image_stem
from napari_cytounet.measurement.label_files import find_label_files
from napari_cytounet.settings import AnnotationFormat, ImageSettings, MaskSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Sequence

    from napari_cytounet.measurement.label_files import LabelFiles, LabelledPlane


@dataclass(frozen=True)
class ExportResult:
    """What was written.

    Attributes
    ----------
    files
        The files.
    objects
        Number of objects in all of them.
    notes
        What the user should know: how labels were read, and what the format could not keep.
    """

    files: tuple[Path, ...]
    objects: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        files = [str(path) for path in self.files]
        return {"files": files, "objects": self.objects, "notes": list(self.notes)}


def export(
    labels: Path | str,
    out: Path | str,
    format: AnnotationFormat | str,  # noqa: A002 what the option is called
    *,
    image: Path | str | None = None,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> ExportResult:
    """Write the objects of label files as other programs store them.

    Parameters
    ----------
    labels
        Folder or file of labels or masks of any kind, as for `measure`; or annotations of another format.
    out
        Folder to write to; or the file, where there is one image or the format holds many in a file.
    format
        One of `AnnotationFormat`.
    image
        Folder or file of the images: their names stand in the annotations. Without it, those of the labels.
    masks
        What the labels hold, if it is not to be guessed, and how files find each other.
    images
        Axes, where the files' metadata is missing or wrong.
    overwrite
        Replace files that are there.
    cancel
        Set it to stop; files that are finished stay.
    on_event
        Called with every event of the job.

    Raises
    ------
    OutputError
        If a file is there already or cannot be written, or the format cannot hold the planes of a stack.
    PairingError
        If a label file has no image or the reverse.
    MaskError, ImageError
        If files cannot be understood.
    Cancelled
        If it was stopped.
    """
    job = exporting(
        Path(labels),
        Path(out),
        AnnotationFormat(format),
        image=None if image is None else Path(image),
        masks=masks,
        images=images,
        overwrite=overwrite,
        cancel=cancel,
    )
    return drain(job, on_event)


def exporting(
    labels: Path,
    out: Path,
    format: AnnotationFormat,  # noqa: A002
    *,
    image: Path | None = None,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, ExportResult]:
    """Write objects as a job: yields events and returns what `export` returns.

    Raises
    ------
    Cancelled
        If `cancel` is set before all images are written.
    """
    writing = WRITING[format]
    files = find_label_files(labels, image, masks, images)
    names = [(image_path or label_path).name for label_path, image_path in files.paths]
    paths = _paths(out, names, writing)
    _refuse_to_replace(paths, overwrite=overwrite)
    yield from map(Notice, files.notes)
    kept: list[AnnotatedImage] = []
    lost: dict[str, None] = {}
    objects = 0
    for number, name in enumerate(names):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped after {number} of {len(names)} images.")
        yield Progress("images", number, len(names))
        annotated = _annotated(files, number, name, writing, format)
        objects += len(annotated.shapes)
        kept.append(annotated)
        if not writing.many_images or number == len(names) - 1:
            path = paths[0 if writing.many_images else number]
            with atomic_path(path) as temporary:
                lost |= dict.fromkeys(writing.write(temporary, kept))
            kept = []
            yield FileWritten(str(path))
    yield Progress("images", len(names), len(names))
    yield from map(Notice, lost)
    return ExportResult(tuple(paths), objects, (*files.notes, *lost))


def _paths(out: Path, names: Sequence[str], writing: Writing) -> list[Path]:
    """Return the file of each image, or the one of all."""
    is_the_file = out.suffix.lower() == writing.suffix and not out.is_dir()
    if is_the_file and (writing.many_images or len(names) == 1):
        return [out]
    if is_the_file:
        raise OutputError(
            f"{out}: this format has a file for each image, and there are {len(names)}. Name a folder."
        )
    if writing.many_images:
        return [out / f"annotations{writing.suffix}"]
    return [out / f"{image_stem(Path(name))}{writing.suffix}" for name in names]


def _refuse_to_replace(paths: Sequence[Path], *, overwrite: bool) -> None:
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise OutputError(f"{there[0]}{more}: is there already. Choose another folder, or say --overwrite.")


def _annotated(
    files: LabelFiles,
    number: int,
    name: str,
    writing: Writing,
    format: AnnotationFormat,  # noqa: A002
) -> AnnotatedImage:
    """Return the objects of one file as outlines."""
    shapes: list[Shape] = []
    size = None
    for at, plane in enumerate(files.planes(number)):
        size = plane.instances.shape
        if at and not writing.keeps_planes:
            raise OutputError(
                f"{files.paths[number][0]}: is a stack, and {format} knows no planes. Choose geojson or "
                "imagej."
            )
        shapes += _shapes(plane)
    if size is None:
        raise OutputError(
            f"{files.paths[number][0]}: no plane of it is labelled, so there is nothing to write."
        )
    return AnnotatedImage(name, tuple(shapes), size)


def _shapes(plane: LabelledPlane) -> list[Shape]:
    position = plane.position
    at = (position.get("T", 0), position.get("Z", 0)) if position else None
    traced = trace_objects(plane.instances)
    return [Shape(parts, _category(plane, label), at) for label, parts in traced.items()]


def _category(plane: LabelledPlane, label: int) -> str | None:
    if plane.instance_classes is None:
        return None
    number = plane.instance_classes[label]
    return plane.class_names[number - 1] if plane.class_names else f"class {number}"
