"""`cytounet replay`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.errors import ReplayError


def replay(
    run: Path,
    /,
    *,
    data: Path | None = None,
    out: Path | None = None,
    output: Output = OutputOptions(),
) -> None:
    """Replay, print what came out, and fail if that is not what the run gave.

    Parameters
    ----------
    run
        Folder of a finished run.
    data
        Folder that holds the run's files, at any depth, if they are not where they were.
    out
        Folder for the new run; one beside the run if not given.
    """
    from napari_cytounet.runs.replaying import replaying

    result = run_job(lambda cancel: replaying(run, data=data, out=out, cancel=cancel), output)
    print_result(result.as_dict(), output, f"{result.describe()}\nThe replay is {result.replay}")
    if not result.is_reproduced:
        raise ReplayError(f"{run} was not reproduced.")
