"""`cytounet work`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Devices, Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.cli.train import summary
from napari_cytounet.settings import DeviceSettings


def work(
    run: Path,
    /,
    *,
    parent: int | None = None,
    device: Devices = DeviceSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Train as the job says, and print how good the model is.

    Parameters
    ----------
    run
        Folder of the run, which holds job.json.
    parent
        Number of the process that started this one: the training stops when that is gone.
    """
    from napari_cytounet.quality.first_look import first_look
    from napari_cytounet.runs.working import working

    result = run_job(
        lambda cancel: working(run, device=device, parent=parent, look=first_look, cancel=cancel), output
    )
    print_result(result.as_dict(), output, summary(result))
