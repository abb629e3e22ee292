"""What another process is asked to train, as a file in the run's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from napari_cytounet.errors import OutputError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.settings import Settings, TrainSettings

Place = Annotated[Path, PlainSerializer(Path.as_posix)]
"""A path that is written so that every operating system reads it."""


class TrainJob(Settings):
    """A training to be carried out: see `training` for all but the preview."""

    images: Place | None = Field(
        None, description="An image, a folder of images, or a folder in cytounet's layout."
    )
    masks: Place | None = Field(None, description="The masks; found beside the images if not given.")
    validation: tuple[Place, Place] | None = Field(
        None, description="Images and masks to choose weights and thresholds with."
    )
    settings: TrainSettings = Field(TrainSettings(), description="Unset fields follow the preset.")
    start_from: Place | None = Field(None, description="A model to go on from (fine-tuning).")
    freeze_encoder: bool = Field(False, description="Let fine-tuning change the decoder only.")
    resume: bool = Field(
        False, description="Go on with the run in the folder; begin it if it was killed before it began."
    )
    preview: bool = Field(
        True, description="After each validation write a prediction on a part of one plane, to be looked at."
    )


def write_job(folder: Path, job: TrainJob) -> None:
    """Write a job into the folder of its run, atomically.

    Paths inside the folder are written relative to it, so that it may move, or be shared by two computers
    that find it under different names. Settings that were not set are left out: they follow the preset.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    place = folder.absolute()

    def stored(path: Path) -> Path:
        path = path.absolute()
        return path.relative_to(place) if path.is_relative_to(place) else path

    text = _with_paths(job, stored).model_dump_json(indent=2, exclude_unset=True)
    with atomic_path(RunFolder(folder).job) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_job(folder: Path) -> TrainJob:
    """Read the job in the folder of a run.

    Raises
    ------
    OutputError
        If there is none, or it is damaged.
    """
    file = RunFolder(folder).job
    try:
        job = TrainJob.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise OutputError(f"There is no job {file}: no training was asked for in this folder.") from error
    except ValueError as error:
        raise OutputError(f"The job {file} is damaged ({error}). Begin a new run.") from error
    return _with_paths(job, lambda path: folder / path)


def _with_paths(job: TrainJob, change: Callable[[Path], Path]) -> TrainJob:
    changed: dict[str, Any] = {
        name: change(path)
        for name in ("images", "masks", "start_from")
        if (path := getattr(job, name)) is not None
    }
    if job.validation is not None:
        changed["validation"] = tuple(map(change, job.validation))
    return job.model_copy(update=changed)
