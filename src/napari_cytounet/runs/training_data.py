"""From files to planes that a network can learn from."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from napari_cytounet.errors import TrainingError
from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import MaskReading, Truth
from napari_cytounet.runs.sources import Source
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.planes import TrainingPlane, training_plane
from napari_cytounet.unet.working_scale import ScaleChoice, choose_working_scale

MOST_MEASURED = 8
"""Masks, spread over the folder, that are measured to choose the working scale."""


@dataclass(frozen=True)
class Preparation:
    """How planes are prepared: the same for what is learnt from and for what is kept back."""

    reading: MaskReading
    normalisation: Normalisation
    working_scale: float
    settings: TrainSettings


def measured_scale(sources: Sequence[Source], reading: MaskReading) -> ScaleChoice:
    """Return the working scale that fits the masks."""
    step = -(-len(sources) // MOST_MEASURED)
    return choose_working_scale(
        [truth for source in sources[::step] if (truth := _some_truth(source, reading))]
    )


def prepare_planes(
    sources: Sequence[Source], preparation: Preparation, what: str
) -> Generator[Event, None, list[TrainingPlane]]:
    """Read, normalise and resize all labelled planes.

    Yields
    ------
    Event
        Progress, and notices about planes that are left out or look wrong.

    Raises
    ------
    TrainingError
        If no plane is labelled, or there is nothing to tell apart.
    """
    tasks = [(source, index) for source in sources for index in source.image.planes]
    planes: list[TrainingPlane] = []
    left_out = 0
    pool = ThreadPoolExecutor()  # decoding and resizing let go of the interpreter
    try:
        for plane, notice in pool.map(lambda task: _prepare(task[0], task[1], preparation), tasks):
            if notice:
                yield notice
            if plane is None:
                left_out += 1
            else:
                planes.append(plane)
            yield Progress(what, len(planes) + left_out, len(tasks))
    finally:
        pool.shutdown(cancel_futures=True)
    if left_out:
        yield Notice(
            f"{left_out} of {len(tasks)} planes are 0 everywhere: taken as not labelled and left out. "
            "Use --empty-planes if they say that there is nothing there."
        )
    _check_teaches(planes)
    return planes


def _prepare(
    source: Source, index: tuple[int, ...], preparation: Preparation
) -> tuple[TrainingPlane | None, Notice | None]:
    """Prepare one plane, None if nobody labelled it, and say what looks wrong with it."""
    truth = preparation.reading.read(source.mask, _mask_index(source, index))
    if truth is None:
        return None, None
    plane = training_plane(
        source.image,
        index,
        truth,
        class_count=preparation.reading.class_count,
        normalisation=preparation.normalisation,
        working_scale=preparation.working_scale,
        loss=preparation.settings.loss,
    )
    return plane, _suspicion(truth, source, index)


def _mask_index(source: Source, index: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of the mask's plane: its axes may be named otherwise than those of the image."""
    return source.mask.planes[source.image.planes.index(index)]


def _some_truth(source: Source, reading: MaskReading) -> Truth | None:
    """Return the truth of the first labelled plane."""
    truths = (reading.read(source.mask, index) for index in source.mask.planes)
    return next((truth for truth in truths if truth is not None), None)


def _suspicion(truth: Truth, source: Source, index: tuple[int, ...]) -> Notice | None:
    labelled = truth.classes[truth.classes >= 0]
    where = f"{source.mask.path}: {source.mask.plane_name(_mask_index(source, index))}"
    if labelled.size == 0:
        return Notice(f"{where} has no labelled pixel: nothing is learnt from it.")
    if labelled.max() == 0:
        return Notice(f"{where} is background everywhere: taken to say that there are no objects.")
    if labelled.min() > 0:
        return Notice(
            f"{where} is foreground everywhere: check it, and --invert if objects are 0 in the masks."
        )
    return None


def _check_teaches(planes: Sequence[TrainingPlane]) -> None:
    known = {value for plane in planes for value in np.unique(plane.classes.numpy()).tolist() if value >= 0}
    if not known:
        raise TrainingError(
            "No pixel is labelled in any mask: there is nothing to learn. Label at least one object."
        )
    if known == {0} or 0 not in known:
        what = "background" if known == {0} else "foreground"
        raise TrainingError(
            f"The masks hold only {what}: a network needs both foreground and background to tell them apart. "
            "Check the masks, and --masks and --invert."
        )
