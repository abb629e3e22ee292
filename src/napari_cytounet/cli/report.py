"""`cytounet report`."""

from __future__ import annotations

from pathlib import Path

from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result


def report(run: Path, /, *, output: Output = OutputOptions()) -> None:
    """Write the report anew, and print where it is.

    Parameters
    ----------
    run
        Folder of a run, finished or not.
    """
    from napari_cytounet.runs.folder import RunFolder
    from napari_cytounet.runs.report.page import write_report

    written = write_report(RunFolder(run))
    print_result({"report": str(written)}, output, f"The report is {written}")
