"""Masks that a model trained on the other images contradicts: the deep check."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import numpy as np

from napari_cytounet.errors import SettingsError
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.naming import image_stem
from napari_cytounet.measurement.evaluating import evaluating
from napari_cytounet.quality.findings import Finding, Place, found
from napari_cytounet.quality.inputs import CheckedFile
from napari_cytounet.quality.severities import Severity
from napari_cytounet.settings import (
    CheckSettings,
    ImageSettings,
    MaskSettings,
    PredictionSettings,
    TrainingSettings,
    TrainSettings,
)

WORSE = 0.1
"""Dice by which an image must at least be worse than the median image."""


def contradictions(
    files: Sequence[CheckedFile],
    settings: CheckSettings,
    mask_settings: MaskSettings,
    image_settings: ImageSettings,
    cancel: threading.Event,
) -> Generator[Event, None, list[Finding]]:
    """Train on all parts of the data but one, predict that one, and compare with its masks; for each part.

    Yields
    ------
    Event
        Those of the trainings, predictions and evaluations.

    Raises
    ------
    CytounetError
        If the data cannot be trained on.
    """
    pairs = [file for file in files if file.mask is not None]
    dice: dict[int, float] = {}
    for fold in range(settings.folds):
        yield Notice(f"Deep check: part {fold + 1} of {settings.folds}.")
        held = range(fold, len(pairs), settings.folds)
        with tempfile.TemporaryDirectory() as name:
            scores = yield from _held_dice(
                pairs, held, Path(name), settings, mask_settings, image_settings, cancel
            )
        dice |= scores
    return list(_outliers(pairs, dice))


def check_enough(files: Sequence[CheckedFile], folds: int) -> None:
    """Raise a SettingsError if there are fewer pairs than folds."""
    pairs = sum(file.mask is not None for file in files)
    if pairs < folds:
        raise SettingsError(
            f"A deep check in {folds} parts needs as many pairs of image and mask, and there are {pairs}. "
            "Give more pairs, or fewer --folds."
        )


def without_harm(files: Sequence[CheckedFile], findings: Iterable[Finding]) -> list[CheckedFile]:
    """Return the files without those that have a finding of high severity: they are known to be bad.

    Parameters
    ----------
    files
        What was checked.
    findings
        What the check of the same files found.
    """
    bad = {finding.where.file for finding in findings if finding.severity is Severity.HIGH}
    return [file for file in files if not {file.image, file.mask} & bad]


def _held_dice(
    pairs: Sequence[CheckedFile],
    held: range,
    folder: Path,
    settings: CheckSettings,
    mask_settings: MaskSettings,
    image_settings: ImageSettings,
    cancel: threading.Event,
) -> Generator[Event, None, dict[int, float]]:
    """Return the Dice of each pair that is held out, by its number."""
    from napari_cytounet.runs.predicting import predicting  # here: they load torch
    from napari_cytounet.runs.training import training

    for number, pair in enumerate(pairs):
        part = folder / ("held" if number in held else "learnt")
        _copy(pair.image, part / "images", number)
        if pair.mask is not None:
            _copy(pair.mask, part / "masks", number)
    masks = mask_settings.model_copy(update={"pairing": "stem"})  # we named the files
    wanted = TrainSettings(
        training=TrainingSettings(minutes=settings.minutes), masks=masks, images=image_settings
    )
    learnt, kept = folder / "learnt", folder / "held"
    trained = yield from training(
        learnt / "images", learnt / "masks", out=folder / "run", settings=wanted, cancel=cancel
    )
    yield from predicting(
        trained.model,
        [kept / "images"],
        out=folder / "predicted",
        settings=PredictionSettings(output=("classes",)),
        images=image_settings,
        cancel=cancel,
    )
    evaluation = yield from evaluating(
        folder / "predicted" / "classes", kept / "masks", masks=masks, cancel=cancel
    )
    return {
        int(image.name): float(value)
        for image in evaluation.per_image
        if isinstance(value := image.as_dict()["dice"], float) and np.isfinite(value)
    }


def _copy(path: Path, folder: Path, number: int) -> None:
    """Copy a file or Zarr folder under a number, for images and masks to find each other."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = path.name[len(image_stem(path)) :]
    (shutil.copytree if path.is_dir() else shutil.copyfile)(path, folder / f"{number}{suffix}")


def _outliers(pairs: Sequence[CheckedFile], dice: dict[int, float]) -> Generator[Finding, None, None]:
    if not dice:
        return
    values = np.array(list(dice.values()))
    usual = float(np.median(values))
    scatter = 1.4826 * float(np.median(np.abs(values - usual)))
    for number, value in dice.items():
        if value < usual - max(WORSE, 4 * scatter):
            pair = pairs[number]
            yield found(
                "mask-contradicted",
                f"A model that was trained without this image agrees with its mask by Dice {value:.2f}, in "
                f"the median image by {usual:.2f}.",
                Place(pair.mask or pair.image),
                others=(pair.image,),
            )
