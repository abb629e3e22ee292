"""`cytounet runs`: the list, and what can be done with kept runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from napari_cytounet.cli.headings import heading
from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result

if TYPE_CHECKING:
    from napari_cytounet.runs.listing import RunSummary

runs = App(
    name="runs",
    help="Show the runs kept so far, side by side; compare two, write a note on one, or archive it.",
    group_parameters=heading("Options"),
)

Order = Literal["begun", "name", "data", "images", "minutes", "dice"]


@runs.default
def show(
    folder: Path = Path(),
    /,
    *,
    sort: Order = "begun",
    archived: Annotated[bool, Parameter(negative=())] = False,
    output: Output = OutputOptions(),
) -> None:
    """Print a table of runs.

    Parameters
    ----------
    folder
        Folder that holds the folders of runs.
    sort
        What they are sorted by; the best Dice and the latest run come last.
    archived
        Show archived runs too.
    """
    from rich.table import Table

    from napari_cytounet.runs.listing import list_runs

    found = _sorted(list_runs(folder, archived=archived), sort)
    heads = (
        "run",
        "begun",
        "state",
        "data",
        "images",
        "masks",
        "preset",
        "steps",
        "minutes",
        "Dice",
        "95 %",
        "note",
    )
    table = Table(*heads, box=None)
    for run in found:
        table.add_row(
            str(run.path),
            run.created[:16].replace("T", " ") or "-",
            run.state,
            run.data or "-",
            "-" if run.images is None else str(run.images),
            run.masks or "-",
            run.preset or "-",
            "-" if run.steps is None else str(run.steps),
            "-" if run.minutes is None else f"{run.minutes:.1f}",
            "-" if run.dice is None else f"{run.dice:.3f}",
            "-" if run.interval is None else f"{run.interval[0]:.3f} to {run.interval[1]:.3f}",
            run.note.replace("\n", "; "),
        )
    print_result({"runs": [run.as_dict() for run in found]}, output, table if found else "No run was found.")


@runs.command
def compare(first: Path, second: Path, /, *, output: Output = OutputOptions()) -> None:
    """Say what differs between two runs: in settings and data, and in what came out.

    Parameters
    ----------
    first
        Folder of a run.
    second
        Folder of another.
    """
    from napari_cytounet.runs.comparison import compare_runs

    found = compare_runs(first, second)
    print_result(found.as_dict(), output, found.describe())


@runs.command
def note(run: Path, text: str, /, *, output: Output = OutputOptions()) -> None:
    """Add a line to the note on a run, such as "failed because the masks were inverted".

    Parameters
    ----------
    run
        Folder of a run.
    text
        What is to be remembered.
    """
    from napari_cytounet.runs.keeping import add_to_note

    written = add_to_note(run, text)
    print_result({"note": written}, output, written)


@runs.command
def archive(run: Path, /, *, output: Output = OutputOptions()) -> None:
    """Move a run out of the list, into the folder archived-runs beside it; nothing is deleted.

    Parameters
    ----------
    run
        Folder of a run.
    """
    from napari_cytounet.runs.keeping import archive_run

    moved = archive_run(run)
    print_result(
        {"run": str(moved)}, output, f"The run is {moved} now: `cytounet runs restore` takes it back."
    )


@runs.command
def restore(run: Path, /, *, output: Output = OutputOptions()) -> None:
    """Move an archived run back to where it was.

    Parameters
    ----------
    run
        Folder of an archived run.
    """
    from napari_cytounet.runs.keeping import restore_run

    moved = restore_run(run)
    print_result({"run": str(moved)}, output, f"The run is {moved} now.")


def _sorted(found: list[RunSummary], order: Order) -> list[RunSummary]:
    """Sort runs; those that lack what they are sorted by come first."""
    name = {"begun": "created"}.get(order, order)
    return sorted(found, key=lambda run: (getattr(run, name) is not None, getattr(run, name)))
