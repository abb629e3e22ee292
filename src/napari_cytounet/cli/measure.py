"""`cytounet measure`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import ImageSettings, MaskSettings, MeasureSettings

HEADINGS = (
    "image",
    "objects",
    "covered",
    "per mm²",
    "mean area, px",
    "median",
    "mean area, µm²",
    "median",
)


def measure(
    labels: Path,
    /,
    *,
    out: Path,
    image: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    measurements: Annotated[MeasureSettings, options_of("Measurements")] = MeasureSettings(),
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
        Table to write, .csv or .parquet: a row an object.
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
            settings=measurements,
            overwrite=overwrite,
            cancel=cancel,
        ),
        output,
    )
    table = Table(*HEADINGS, box=None)
    for measured in result.per_image:
        in_um = measured.area_um2
        areas = (measured.area_px.mean, measured.area_px.median, in_um and in_um.mean, in_um and in_um.median)
        density = measured.objects_per_mm2
        table.add_row(
            measured.name,
            str(measured.objects),
            f"{measured.confluence:.1%}",
            "-" if density is None else f"{density:.1f}",
            *("-" if area is None else f"{area:.1f}" for area in areas),
        )
    written = f"{result.objects} objects are in {result.path}"
    print_result(result.as_dict(), output, Group(table, written))
