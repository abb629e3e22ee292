"""`cytounet runs`."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result


def runs(folder: Path = Path(), /, *, output: Output = OutputOptions()) -> None:
    """Print a table of runs.

    Parameters
    ----------
    folder
        Folder that holds the folders of runs.
    """
    from napari_cytounet.runs.listing import list_runs

    found = list_runs(folder)
    table = Table("run", "begun", "state", "images", "masks", "preset", "steps", "seconds", "Dice", box=None)
    for run in found:
        table.add_row(
            str(run.path),
            run.created[:16].replace("T", " ") or "-",
            run.state,
            "-" if run.images is None else str(run.images),
            run.masks or "-",
            run.preset or "-",
            "-" if run.steps is None else str(run.steps),
            "-" if run.seconds is None else f"{run.seconds:.0f}",
            "-" if run.dice is None else f"{run.dice:.3f}",
        )
    print_result({"runs": [run.as_dict() for run in found]}, output, table if found else "No run was found.")
