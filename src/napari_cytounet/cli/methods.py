"""`cytounet methods`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_cytounet.cli.options import Output, OutputOptions
from napari_cytounet.cli.printing import print_result


def methods(
    run: Path,
    /,
    *,
    bibtex: Annotated[bool, Parameter(negative=())] = False,
    output: Output = OutputOptions(),
) -> None:
    """Print the paragraph on methods.

    Parameters
    ----------
    run
        Folder of a run.
    bibtex
        Print the references as BibTeX instead.
    """
    from rich.text import Text

    from napari_cytounet.runs.folder import RunFolder
    from napari_cytounet.runs.methods import describe_methods
    from napari_cytounet.runs.record import read_training_record

    written = describe_methods(read_training_record(RunFolder(run).record))
    values = {"text": written.text, "references": written.references, "bibtex": written.bibtex}
    print_result(values, output, Text(written.bibtex if bibtex else written.as_markdown()))
