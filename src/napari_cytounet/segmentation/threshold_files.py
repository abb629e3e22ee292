"""The job behind `cytounet threshold`: files of images or probabilities become files of labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from napari_cytounet.errors import Cancelled, ImageError, OutputError, SettingsError
from napari_cytounet.events import Event, Notice, Progress, drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.notes import counted_notes
from napari_cytounet.images.reading import find_images, open_image
from napari_cytounet.segmentation.plane_labels import refuse_unsplittable
from napari_cytounet.segmentation.seeded_planes import SEEDS, Seeds, open_seeds
from napari_cytounet.segmentation.segmented_image import (
    SegmentedImage,
    refuse_existing,
    result_path,
    result_suffix,
    segment_image,
)
from napari_cytounet.segmentation.segmenting import known_thresholds
from napari_cytounet.settings import ImageSettings, ThresholdSettings

CALIBRATED = ThresholdSettings()
AS_STORED = ImageSettings()
PASSED_ON = ("classes", "mask_values", "model")
"""Tags of probabilities that their labels get too: names and values of the classes, digest of the model."""


@dataclass(frozen=True)
class ThresholdResult:
    """What a thresholding made.

    Attributes
    ----------
    files
        One entry an image, in order.
    stopped
        Whether it was stopped before the last image.
    """

    files: tuple[SegmentedImage, ...]
    stopped: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready dictionary."""
        return {"stopped": self.stopped, "files": [file.as_dict() for file in self.files]}


@dataclass(frozen=True)
class _Task:
    """One image to be segmented: looked at already, to be opened again."""

    path: Path
    stem: str
    suffix: str
    thresholds: tuple[float, ...] | None
    notes: tuple[str, ...]
    seeds: Seeds | None

    def results(self, out: Path) -> list[Path]:
        return [result_path(out, kind, self.stem, self.suffix) for kind in ("classes", "instances")]


def thresholding(
    inputs: Sequence[Path],
    out: Path,
    settings: ThresholdSettings = CALIBRATED,
    images: ImageSettings = AS_STORED,
    *,
    overwrite: bool = False,
    cancel: Flag | None = None,
) -> Generator[Event, None, ThresholdResult]:
    """Turn images or probabilities into class maps and instances; a generator of events.

    All inputs are looked at before the first is worked on, so that a wrong setting or file shows at once.
    Stacks are worked on plane by plane; where the threshold is found, every plane gets its own.

    Parameters
    ----------
    inputs
        Files, or folders of images: probabilities that we wrote, or raw images of one channel.
    out
        Folder of the results, `classes` and `instances`; `.zarr` where the input is Zarr, else `.tif`.
    settings
        How. The method `calibrated` takes the thresholds that probabilities carry with them.
    images
        How raw images are read; probabilities that we wrote keep their axes.
    overwrite
        Whether existing results may be replaced.
    cancel
        Stops the job when set: what is complete is kept.

    Yields
    ------
    Event
        `Notice`, `Progress` in images and planes, `FileWritten`.

    Raises
    ------
    Cancelled
        Stopped before the first image was complete.
    ImageError
        An input cannot be read, has several channels, holds labels already, or NaN or infinity.
    SettingsError
        The settings do not fit the input.
    OutputError
        Results are there already, two inputs have the same name, or the folder cannot be written.
    """
    tasks = [_look_at(path, settings, images) for source in inputs for path in find_images(source)]
    _refuse_same_names(tasks)
    if not overwrite:
        refuse_existing([path for task in tasks for path in task.results(out)])
    yield from counted_notes([task.notes for task in tasks])
    done: list[SegmentedImage] = []
    for task in tasks:
        image = open_image(task.path, images)
        try:
            found = yield from segment_image(
                image,
                task.thresholds,
                settings,
                out,
                stem=task.stem,
                suffix=task.suffix,
                tags={name: text for name, text in image.tags.items() if name in PASSED_ON},
                overwrite=overwrite,
                cancel=cancel,
                seeds=task.seeds,
            )
        except Cancelled:
            if not done:
                raise
            return ThresholdResult(tuple(done), stopped=True)
        done.append(found)
        if found.objects == 0:
            yield Notice(f"{task.stem}: no object was found")
        yield Progress("images", len(done), len(tasks))
    return ThresholdResult(tuple(done))


def threshold(
    inputs: Path | str | Sequence[Path | str],
    out: Path | str,
    settings: ThresholdSettings = CALIBRATED,
    images: ImageSettings = AS_STORED,
    *,
    overwrite: bool = False,
    cancel: Flag | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> ThresholdResult:
    """Turn images or probabilities into class maps and instances.

    Parameters
    ----------
    inputs
        One file or folder, or several.
    out, settings, images, overwrite, cancel
        See `thresholding`, also for what is raised.
    on_event
        Called with every event.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from napari_cytounet.images.writing import write_image
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_image(folder / "cells.tif", np.kron(np.eye(3), np.full((4, 4), 200)).astype(np.uint8), "YX")
    >>> result = threshold([folder / "cells.tif"], folder, ThresholdSettings(method="otsu"))
    >>> result.files[0].objects, result.files[0].thresholds
    (1, ((0.5,),))
    """
    paths = [Path(source) for source in ([inputs] if isinstance(inputs, Path | str) else inputs)]
    job = thresholding(paths, Path(out), settings, images, overwrite=overwrite, cancel=cancel)
    return drain(job, on_event)


def refuse_wrong_scale(settings: ThresholdSettings) -> None:
    """Refuse settings that make no sense for probabilities.

    Raises
    ------
    SettingsError
        A fixed value outside 0 to 1, or dark objects.

    Examples
    --------
    >>> refuse_wrong_scale(ThresholdSettings(method="fixed", value=0.4))
    >>> refuse_wrong_scale(ThresholdSettings(method="fixed", value=127))
    Traceback (most recent call last):
    napari_cytounet.errors.SettingsError: The threshold of probabilities must lie from 0 to 1, not 127.0.
    """
    if settings.dark_objects:
        raise SettingsError("Probabilities are high on objects, dark or not: leave out --dark-objects.")
    if settings.value is not None and not 0 <= settings.value <= 1:
        raise SettingsError(f"The threshold of probabilities must lie from 0 to 1, not {settings.value}.")


def _look_at(path: Path, settings: ThresholdSettings, images: ImageSettings) -> _Task:
    image = open_image(path, images)
    kind = image.tags.get("kind")
    if kind in ("classes", "instances"):
        raise ImageError(f"{path}: holds labels ({kind}), not an image. Name probabilities or raw images.")
    if kind == "probabilities":
        try:
            refuse_wrong_scale(settings)
        except SettingsError as error:
            raise SettingsError(f"{path}: holds probabilities. {error}") from error
    elif image.channels != 1:
        raise ImageError(
            f"{path}: has {image.channels} channels, but thresholds part grey images. Save the channel that "
            "shows the objects as an image of its own."
        )
    refuse_unsplittable(image, settings)
    seeds = _seeds_beside(path, image, settings)
    known = _known(path, image, settings, seeds)
    return _Task(path, image.name, result_suffix(path), known, image.notes, seeds)


def _seeds_beside(path: Path, image: Image, settings: ThresholdSettings) -> Seeds | None:
    """Return the seeds that were predicted with probabilities, as long as they lie in the folder beside."""
    seeds = result_path(path.parent.parent, "seeds", image.name, path.suffix)
    if SEEDS not in image.tags or settings.split_touching or not seeds.exists():
        return None
    return open_seeds(seeds)


def _known(
    path: Path, image: Image, settings: ThresholdSettings, seeds: Seeds | None
) -> tuple[float, ...] | None:
    """Return the thresholds that are known without looking at the pixels."""
    if settings.method not in ("fixed", "calibrated"):
        return None
    if seeds is not None and settings.method == "calibrated":
        return (seeds.foreground,) * image.channels
    stored = image.tags.get("thresholds") if image.tags.get("kind") == "probabilities" else None
    if settings.method == "calibrated" and stored is None:
        raise SettingsError(
            f"{path}: carries no calibrated thresholds, as the probabilities of our models do. Let them be "
            "found in the image with --method otsu, or give one with --method fixed --value V."
        )
    try:
        return known_thresholds(image.channels, settings, None if stored is None else json.loads(stored))
    except (ValueError, TypeError, SettingsError) as error:
        raise ImageError(
            f"{path}: the thresholds that it carries are damaged ({error}). Predict again, or use "
            "--method otsu."
        ) from error


def _refuse_same_names(tasks: Sequence[_Task]) -> None:
    first: dict[str, Path] = {}
    for task in tasks:
        if task.stem in first:
            raise OutputError(
                f"{task.path} and {first[task.stem]} have the same name, and so would their results. Give "
                "them output folders of their own."
            )
        first[task.stem] = task.path
