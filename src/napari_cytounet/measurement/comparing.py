"""The job behind `cytounet compare`: two conditions, image by image."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import OutputError, SettingsError
from napari_cytounet.events import Event, FileWritten, Notice, drain
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.reading import contains_images
from napari_cytounet.measurement.comparison_plot import plot_comparison
from napari_cytounet.measurement.effect_size import Effect, compare_images
from napari_cytounet.measurement.measuring import measuring
from napari_cytounet.measurement.table import FORMATS
from napari_cytounet.measurement.table_reading import ImageValues, read_image_values
from napari_cytounet.settings import CompareSettings, ImageSettings, MaskSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator


@dataclass(frozen=True, eq=False)
class Comparison:
    """How two conditions differ.

    Attributes
    ----------
    names
        Of the conditions: those of their files or folders.
    values
        Their images, and what was measured in each.
    effects
        How each quantity differs.
    notes
        What the user should know about these numbers.
    """

    names: tuple[str, str]
    values: tuple[ImageValues, ImageValues]
    effects: tuple[Effect, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return {
            "conditions": list(self.names),
            "images": [len(values.images) for values in self.values],
            "effects": [effect.as_dict() for effect in self.effects],
            "notes": list(self.notes),
        }


def compare(
    first: Path | str,
    second: Path | str,
    *,
    plot: Path | str | None = None,
    settings: CompareSettings = CompareSettings(),
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Comparison:
    """Compare the objects of two conditions; the unit is the image, not the object.

    Parameters
    ----------
    first, second
        A table of `measure` (.csv or .parquet), a folder of such tables, or a folder or file of labels.
    plot
        SVG file to draw the images of both conditions into.
    settings
        What is compared, and how intervals are drawn.
    masks, images
        How labels are read.
    overwrite
        Replace a plot that is there.
    cancel
        Set it to stop.
    on_event
        Called with every event of the job.

    Raises
    ------
    OutputError
        If the plot is there already, or cannot be written.
    SettingsError
        If a column to compare is not in both conditions.
    MaskError, ImageError
        If files cannot be understood.
    Cancelled
        If it was stopped.
    """
    job = comparing(
        Path(first),
        Path(second),
        plot=None if plot is None else Path(plot),
        settings=settings,
        masks=masks,
        images=images,
        overwrite=overwrite,
        cancel=cancel,
    )
    return drain(job, on_event)


def comparing(
    first: Path,
    second: Path,
    *,
    plot: Path | None = None,
    settings: CompareSettings = CompareSettings(),
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, Comparison]:
    """Compare as a job: yields events and returns what `compare` returns."""
    if plot is not None:
        _check_plot(plot, overwrite=overwrite)
    one = yield from _image_values(first, masks, images, cancel)
    other = yield from _image_values(second, masks, images, cancel)
    effects = tuple(
        compare_images(name, one.quantities[name], other.quantities[name], settings.seed)
        for name in _quantities(one, other, settings)
    )
    names = (first.stem, second.stem)
    if names[0] == names[1]:
        names = (str(first), str(second))
    notes = []
    if min(len(one.images), len(other.images)) < 2:
        notes.append("A condition of one image has no spread: there are neither intervals nor Hedges' g.")
    if len(effects) > 1:
        notes.append(
            f"{len(effects)} quantities are compared: of 20 that do not differ, one interval leaves out 0 by "
            "chance."
        )
    comparison = Comparison(names, (one, other), effects, tuple(notes))
    if plot is not None:
        with atomic_path(plot) as temporary:
            temporary.write_text(plot_comparison(names, comparison.values, effects), encoding="utf-8")
        yield FileWritten(str(plot))
    yield from map(Notice, notes)
    return comparison


def _image_values(
    source: Path, masks: MaskSettings, images: ImageSettings, cancel: threading.Event | None
) -> Generator[Event, None, ImageValues]:
    """Read tables, or measure labels."""
    if source.is_file() and source.suffix.lower() in FORMATS:
        return read_image_values([source])
    if source.is_dir() and not contains_images(source):
        tables = sorted(path for path in source.iterdir() if path.suffix.lower() in FORMATS)
        if tables:
            return read_image_values(tables)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "objects.csv"
        result = yield from measuring(source, table, masks=masks, images=images, cancel=cancel)
        empty = [image.name for image in result.per_image if not image.objects]
        return read_image_values([table], empty)


def _quantities(first: ImageValues, second: ImageValues, settings: CompareSettings) -> list[str]:
    both = [name for name in first.quantities if name in second.quantities]
    both = [
        name for name in both if all(np.isfinite(side.quantities[name]).any() for side in (first, second))
    ]
    if not both:
        raise SettingsError("One of the conditions holds no image: there is nothing to compare.")
    if settings.columns is None:
        return both
    for name in settings.columns:
        if name not in both:
            raise SettingsError(f"There is no column {name} in both conditions. They have {', '.join(both)}.")
    return list(settings.columns)


def _check_plot(plot: Path, *, overwrite: bool) -> None:
    if plot.suffix.lower() != ".svg":
        raise OutputError(f"{plot}: the plot is drawn as SVG. Give it a name that ends in .svg.")
    if plot.exists() and not overwrite:
        raise OutputError(f"{plot}: is there already. Choose another name, or say --overwrite.")
