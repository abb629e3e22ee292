"""`cytounet threshold`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Output, OutputOptions, Thresholds
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import ImageSettings, ThresholdSettings


def threshold(
    *inputs: Annotated[Path, Parameter(required=True)],
    out: Path,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    thresholds: Thresholds = ThresholdSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Threshold, and print the number of objects of each image and where its labels are.

    Parameters
    ----------
    inputs
        Files, or folders of them: probabilities from `cytounet predict`, or grey images.
    out
        Folder for the results: classes and instances, each named like its image.
    overwrite
        Replace results of an earlier run.
    """
    from napari_cytounet.segmentation.threshold_files import thresholding

    result = run_job(
        lambda cancel: thresholding(
            inputs, out, thresholds, image_settings, overwrite=overwrite, cancel=cancel
        ),
        output,
    )
    table = Table("image", "objects", box=None)
    for file in result.files:
        table.add_row(file.name, str(file.objects))
    end = "Stopped; what was finished is kept." if result.stopped else "Done."
    written = f"{end} The labels of {len(result.files)} images are in {out}"
    print_result(result.as_dict(), output, Group(table, written))
