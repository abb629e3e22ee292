"""`cytounet trainer`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import DeviceSettings


def trainer(
    session: Path,
    /,
    *,
    less_memory: Annotated[bool, Parameter(negative=())] = False,
    parent: int | None = None,
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Learn from the strokes of a session until stopped.

    Parameters
    ----------
    session
        Folder of the session.
    less_memory
        Learn from half as many patches a step: where a trainer was killed for want of memory.
    parent
        Number of the process that started this one: the trainer stops when that is gone.
    """
    from napari_cytounet.correction.trainer import tutoring

    run_job(
        lambda cancel: tutoring(
            session, device=device, less_memory=less_memory, parent=parent, cancel=cancel
        ),
        output,
    )
    print_result({"session": str(session)}, output, f"The model is in {session}.")
