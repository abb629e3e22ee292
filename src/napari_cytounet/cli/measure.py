"""`cytounet measure`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import ImageSettings, MaskSettings


def measure(
    labels: Path,
    /,
    *,
    out: Path,
    image: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Measure, and print what the table holds in short.

    Parameters
    ----------
    labels
        Folder or file of labels: objects, or masks in which every connected patch is one.
    out
        Table to write, as CSV: a row an object.
    image
        Folder or file of the images, to measure intensities.
    overwrite
        Replace a table that is there.
    """
    from napari_cytounet.measurement.measuring import measuring

    result = run_job(
        lambda cancel: measuring(
            labels,
            out,
            image=image,
            masks=mask_settings,
            images=image_settings,
            overwrite=overwrite,
            cancel=cancel,
        ),
        output,
    )
    table = Table("image", "objects", "mean area, px", "mean area, µm²", box=None)
    for measured in result.per_image:
        areas = (measured.mean_area_px, measured.mean_area_um2)
        table.add_row(
            measured.name, str(measured.objects), *("-" if area is None else f"{area:.1f}" for area in areas)
        )
    written = f"{result.objects} objects are in {result.path}"
    print_result(result.as_dict(), output, Group(table, written))
