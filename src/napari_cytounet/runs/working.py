"""Carrying out the training that a run's folder asks for: what the process does that the plugin starts."""

from __future__ import annotations

import os
import platform
import threading
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.errors import Cancelled, CytounetError, OutputError
from napari_cytounet.events import Event, Failed, Finished, Started
from napari_cytounet.runs.event_log import append_event
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.run_lock import locked
from napari_cytounet.runs.train_job import TrainJob, read_job
from napari_cytounet.runs.watch import watching
from napari_cytounet.settings import DeviceSettings, TrainSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_cytounet.runs.train_result import TrainResult
    from napari_cytounet.runs.training import Look


def working(
    folder: Path,
    *,
    device: DeviceSettings = DeviceSettings(),
    parent: int | None = None,
    look: Look | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, TrainResult]:
    """Train as the job in a folder says, and write all events to the log there.

    Parameters
    ----------
    folder
        The run's folder, with a job.
    device
        Where to compute, as far as it is to differ from the job.
    parent
        Process that started this one: once it is gone, the training stops as if it had been told to.
    look
        Looks at the data first: see `training`.
    cancel
        Set it to stop: the best so far is kept. So do the commands in the folder.

    Yields
    ------
    Event
        Those of the training.

    Raises
    ------
    CytounetError
        With what is wrong; the log tells it too.
    """
    cancel = cancel or threading.Event()
    with locked(folder), watching(folder, cancel, parent), end_in_log(folder):
        append_event(folder, Started(os.getpid(), platform.node()))
        job = _asked(read_job(folder), folder, device, look, cancel)
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                result: TrainResult = end.value
                break
            append_event(folder, event)
            yield event
        append_event(folder, Finished(result.as_dict()))
        return result


def _asked(
    job: TrainJob, folder: Path, device: DeviceSettings, look: Look | None, cancel: threading.Event
) -> Generator[Event, None, TrainResult]:
    """Start the training that a job asks for."""
    from napari_cytounet.runs.training import training  # here, under the lock: it loads torch

    resume = job.resume and RunFolder(folder).record.exists()
    chosen = job.settings.device.model_copy(update=device.model_dump(exclude_unset=True))
    # A resumed run has its own settings; the preset among them may have become another one.
    settings = TrainSettings(device=chosen) if resume else job.settings.model_copy(update={"device": chosen})
    return training(
        job.images,
        job.masks,
        out=folder,
        validation=job.validation,
        settings=settings,
        start_from=job.start_from,
        freeze_encoder=job.freeze_encoder,
        resume=resume,
        preview=job.preview,
        look=look,
        cancel=cancel,
    )


@contextmanager
def end_in_log(folder: Path) -> Iterator[None]:
    """Tell the log of an error, as far as it can still be written to."""
    try:
        yield
    except Exception as error:
        with suppress(OutputError):  # the folder is gone or its disk full: the error itself says so
            append_event(folder, Failed(_told(error, folder), stopped=isinstance(error, Cancelled)))
        raise


def _told(error: Exception, folder: Path) -> str:
    if isinstance(error, CytounetError):
        return str(error)
    from napari_cytounet.unet.devices import is_out_of_memory  # here: it loads torch

    if is_out_of_memory(error):
        return (
            "There is not enough memory to train like this. Close other programs, or choose a smaller "
            "--batch-size, --patch-size or --base-width."
        )
    if isinstance(error, OSError):
        return f"The operating system refused: {error}"
    place = RunFolder(folder).error
    with suppress(OSError):
        place.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return (
        f"The training ended with an error that nobody foresaw: {type(error).__name__}: {error}. Please "
        f"report it with the file {place}."
    )
