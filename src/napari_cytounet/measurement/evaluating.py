"""The job behind `cytounet evaluate`: files of predictions are scored against files of truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_cytounet.errors import Cancelled, MaskError
from napari_cytounet.events import Event, FileWritten, Notice, Progress, drain
from napari_cytounet.images.image_files import ImageFiles
from napari_cytounet.images.notes import counted_notes
from napari_cytounet.images.pairing import not_annotated, pair_files
from napari_cytounet.images.reading import find_masks, open_image
from napari_cytounet.images.truth import Truth, understand_masks
from napari_cytounet.measurement.class_names import class_names, class_values, read_as_learnt
from napari_cytounet.measurement.error_table import write_errors
from napari_cytounet.measurement.evaluation import Evaluation, summarise_images
from napari_cytounet.measurement.image_scores import ImageScores, score_image
from napari_cytounet.measurement.results import label_kind, read_labels, result_kind
from napari_cytounet.measurement.table import check_table_path
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings, ScoreSettings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator

    from napari_cytounet.images.image import Image
    from napari_cytounet.images.truth import MaskReading


def evaluate(
    predicted: Path | str,
    truth: Path | str,
    *,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    settings: ScoreSettings = ScoreSettings(),
    errors: Path | str | None = None,
    overwrite: bool = False,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Evaluation:
    """Score predictions against truth, image by image and over all.

    Parameters
    ----------
    predicted
        Folder or file of class maps or instance labels. Our own results say what they hold; those of others
        are read the way the truth is.
    truth
        Folder or file of masks of any kind.
    masks
        What the truth holds, if it is not to be guessed, and how files find each other.
    images
        Axes of the files, where their metadata is missing or wrong.
    settings
        When a boundary counts as found, and how intervals are drawn.
    errors
        CSV file to write: a row for every object that is merged, split, missed or invented, with its place.
    overwrite
        Replace a file of errors that is there.
    cancel
        Set it to stop.
    on_event
        Called with every event of the job.

    Returns
    -------
    Evaluation
        A stack counts as one image; its planes are scored one by one and pooled. Object scores are there if
        the truth tells objects: for binary masks and outlines, those are connected patches.

    Raises
    ------
    OutputError
        If the file of errors is there already, or cannot be written.
    PairingError
        If a file has no partner.
    MaskError
        If masks cannot be understood, differ in size from their partner, or hold a class that the model of
        the predictions does not know.
    Cancelled
        If it was stopped.
    """
    job = evaluating(
        Path(predicted),
        Path(truth),
        masks=masks,
        images=images,
        settings=settings,
        errors=None if errors is None else Path(errors),
        overwrite=overwrite,
        cancel=cancel,
    )
    return drain(job, on_event)


def evaluating(
    predicted: Path,
    truth: Path,
    *,
    masks: MaskSettings = MaskSettings(),
    images: ImageSettings = ImageSettings(),
    settings: ScoreSettings = ScoreSettings(),
    errors: Path | None = None,
    overwrite: bool = False,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, Evaluation]:
    """Score predictions as a job: yields events and returns what `evaluate` returns.

    Raises
    ------
    Cancelled
        If `cancel` is set before all images are scored.
    """
    if errors is not None:
        check_table_path(errors, overwrite=overwrite)
    found = find_masks(predicted)
    pairs = pair_files(found, find_masks(truth), masks.pairing)
    truths = ImageFiles([pair.mask for pair in pairs], images, [pair.image for pair in pairs])
    reading = understand_masks(truths, masks)
    read_as = f"The truth is read as {reading.kind}: {reading.reason}."
    notes = [read_as, *not_annotated(found, pairs)]
    yield from map(Notice, notes)
    first = open_image(pairs[0].image, images, labels_of=pairs[0].mask)
    names = _classes_in_map(first)
    reading = read_as_learnt(reading, names, class_values(first))
    if reading.class_names and label_kind(first, reading) is MaskKind.INSTANCES:
        reading = replace(reading, class_names=())  # objects are compared, whatever their class
    says_nothing = ""
    scored: list[ImageScores] = []
    read: list[tuple[str, ...]] = []
    for number, pair in enumerate(pairs):
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"Stopped after {number} of {len(pairs)} images; no scores were made.")
        yield Progress("images", number, len(pairs))
        prediction = open_image(pair.image, images, labels_of=pair.mask)
        mask = open_image(pair.mask, images, labels_of=pair.image)
        if _classes_in_map(prediction) != names:
            raise MaskError(
                f"{pairs[0].image} and {pair.image} come from models of different classes. Evaluate the "
                "results of one model at a time."
            )
        read += [prediction.notes, mask.notes]
        if result_kind(prediction) is None and not says_nothing:
            says_nothing = (
                f"{pair.image.name} and files like it do not say what they hold: they are read like the "
                f"truth, as {reading.kind}."
            )
            notes.append(says_nothing)
            yield Notice(says_nothing)
        scores = yield from _scoring_planes(prediction, mask, reading, settings.tolerance)
        if scores is not None:
            scored.append(scores)
    yield Progress("images", len(pairs), len(pairs))
    for notice in counted_notes(read):
        notes.append(notice.text)
        yield notice
    evaluation = summarise_images(
        scored,
        class_names=names if len(names) == reading.class_count else reading.names,
        tolerance=settings.tolerance,
        seed=settings.seed,
        notes=notes,
    )
    if errors is not None:
        write_errors(errors, evaluation)
        yield FileWritten(str(errors))
    return evaluation


def _scoring_planes(
    prediction: Image, mask: Image, reading: MaskReading, tolerance: float
) -> Generator[Event, None, ImageScores | None]:
    """Score the planes of one image and pool them; None if none of them is labelled."""
    both = f"{prediction.path} cannot be scored against {mask.path}"
    if prediction.planes != mask.planes:
        raise MaskError(
            f"{both}: it has {len(prediction.planes)} planes and the truth {len(mask.planes)}. Give masks of "
            "the same stack."
        )
    if label_kind(prediction, reading) is MaskKind.INSTANCES and reading.class_count > 1:
        raise MaskError(
            f"{both}: it holds objects, and the truth {reading.class_count} classes. Give the class maps "
            "instead: they lie in the folder classes beside it."
        )
    pooled: ImageScores | None = None
    unlabelled = 0
    for index in mask.planes:
        truth = reading.read(mask, index)
        if truth is None:
            unlabelled += 1
            continue
        predicted = _read_prediction(prediction, index, reading)
        try:
            plane = score_image(
                predicted,
                truth,
                reading.class_count,
                name=prediction.name,
                plane=mask.plane_place(index),
                tolerance=tolerance,
            )
        except MaskError as error:
            raise MaskError(f"{both}: {error}") from error
        pooled = plane if pooled is None else pooled + plane
    if unlabelled:
        yield Notice(
            f"{mask.name}: {unlabelled} of {len(mask.planes)} planes hold no label and are left out."
        )
    return pooled


def _classes_in_map(prediction: Image) -> tuple[str, ...]:
    """Return the names of the classes in a class map of ours; none for other files."""
    return class_names(prediction) if result_kind(prediction) is MaskKind.CLASSES else ()


def _read_prediction(prediction: Image, index: tuple[int, ...], reading: MaskReading) -> Truth:
    """Read a plane of a prediction; where it says nothing of a pixel, it says that there is nothing."""
    labels = read_labels(prediction, index, replace(reading, empty_planes=True))
    if labels is None:
        nothing = np.zeros((prediction.height, prediction.width), np.int16)
        return Truth(nothing, None if reading.kind is MaskKind.CLASSES else nothing.astype(np.int32))
    instances = None if labels.instances is None else np.maximum(labels.instances, 0)
    return Truth(np.maximum(labels.classes, 0), instances)
