"""`cytounet trainer`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import DeviceSettings


def trainer(
    session: Path,
    /,
    *,
    parent: int | None = None,
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Learn from the strokes of a session until stopped.

    Parameters
    ----------
    session
        Folder of the session.
    parent
        Number of the process that started this one: the trainer stops when that is gone.
    """
    from napari_cytounet.correction.trainer import tutoring

    run_job(lambda cancel: tutoring(session, device=device, parent=parent, cancel=cancel), output)
    print_result({"session": str(session)}, output, f"The model is in {session}.")
