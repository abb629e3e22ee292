"""`cytounet compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Group
from rich.table import Table

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions, options_of
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import CompareSettings, ImageSettings, MaskSettings

if TYPE_CHECKING:
    from napari_cytounet.measurement.effect_size import Effect
    from napari_cytounet.measurement.summary import Interval

MEANINGS = (
    "Each image counts once, with the mean of its objects; intervals come from resampling images.",
    "Hedges' g: the difference of the means, by the spread of images; 0.2 is small, 0.5 medium, 0.8 large",
    "Cliff's delta: how often an image of the second has more than one of the first, less how often less",
)


def compare(
    first: Path,
    second: Path,
    /,
    *,
    plot: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    comparison: Annotated[CompareSettings, options_of("Comparison")] = CompareSettings(),
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Compare, and print the effects as a table.

    Parameters
    ----------
    first
        Table of objects (.csv or .parquet), folder of such tables, or folder of labels.
    second
        The same of the other condition.
    plot
        Picture to draw, as SVG: every image a dot.
    overwrite
        Replace a picture that is there.
    """
    from napari_cytounet.measurement.comparing import comparing

    result = run_job(
        lambda cancel: comparing(
            first,
            second,
            plot=plot,
            settings=comparison,
            masks=mask_settings,
            images=image_settings,
            overwrite=overwrite,
            cancel=cancel,
        ),
        output,
    )
    sides = (
        f"{name} ({len(side.images)} images)" for name, side in zip(result.names, result.values, strict=True)
    )
    table = Table(
        "quantity", *sides, "difference", "95 %", "Hedges' g", "95 %", "Cliff's delta", "95 %", box=None
    )
    for effect in result.effects:
        table.add_row(effect.quantity, *_cells(effect))
    print_result(result.as_dict(), output, Group(table, "", *MEANINGS, "", *result.notes))


def _cells(effect: Effect) -> list[str]:
    return [
        *map(_number, effect.means),
        _number(effect.difference),
        _interval(effect.difference_interval),
        _number(effect.hedges_g),
        _interval(effect.hedges_g_interval),
        _number(effect.cliffs_delta),
        _interval(effect.cliffs_delta_interval),
    ]


def _number(value: float) -> str:
    return f"{value:.4g}" if value == value else "-"


def _interval(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval[0]:.4g} to {interval[1]:.4g}"
