"""From files to planes that a network can learn from."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from napari_cytounet.errors import TrainingError
from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.images.memory import physical_memory
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import MaskReading, Truth
from napari_cytounet.runs.sources import Source
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.augmentation import Augmentation
from napari_cytounet.unet.planes import TrainingPlane, classes_held, training_plane
from napari_cytounet.unet.working_scale import (
    OBJECT_PIXELS,
    ScaleChoice,
    choose_object_scale,
    choose_working_scale,
    clipped_scale,
    diameter_in,
)

MEMORY_SHARE = 0.8
"""Share of the computer's memory that planes and the sampler's copies of them may fill."""

MOST_MEASURED = 8
"""Masks, spread over the folder, that are measured to choose the working scale."""


MOST_MEASURED_SIZES = 64
"""The same where the sizes of objects in each are compared."""


@dataclass(frozen=True)
class Preparation:
    """How planes are prepared: the same for what is learnt from and for what is kept back."""

    reading: MaskReading
    normalisation: Normalisation
    working_scale: float
    settings: TrainSettings
    boundaries: bool = False
    own_scale: bool = False

    def scale_of(self, truth: Truth) -> float:
        """Return the factor by which a plane is resized."""
        diameter = diameter_in(truth) if self.own_scale else None
        return self.working_scale if diameter is None else clipped_scale(OBJECT_PIXELS / diameter)


def measured_scale(
    sources: Sequence[Source], reading: MaskReading, *, boundaries: bool = False
) -> ScaleChoice:
    """Return the working scale that fits the masks."""
    most = MOST_MEASURED_SIZES if boundaries else MOST_MEASURED
    step = -(-len(sources) // most)
    truths = [truth for source in sources[::step] if (truth := _some_truth(source, reading))]
    return choose_object_scale(truths) if boundaries else choose_working_scale(truths)


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
    planes: list[TrainingPlane] = []
    left_out: list[str] = []
    used = 0
    settings = preparation.settings
    window = Augmentation(settings.augmentation, settings.training.patch_size).window_size
    pool = ThreadPoolExecutor(os.cpu_count())  # decoding and resizing let go of the interpreter
    try:
        for done, prepared in enumerate(pool.map(lambda source: _prepare(source, preparation), sources)):
            planes += prepared.planes
            left_out += prepared.left_out
            used += sum(plane.nbytes + plane.sampled_bytes(window) for plane in prepared.planes)
            _check_memory(used, done + 1, len(sources))
            yield from prepared.notices
            yield Progress(what, done + 1, len(sources))
    finally:
        pool.shutdown(cancel_futures=True)
    if left_out:
        yield Notice(
            f"{len(left_out)} of {len(planes) + len(left_out)} planes are 0 everywhere: taken as not "
            "labelled and left out. Use --empty-planes if they say that there is nothing there."
        )
    _check_teaches(planes)
    return planes


@dataclass(frozen=True)
class _PreparedSource:
    """What one image and its mask gave: planes, the names of those not labelled, and what looks wrong."""

    planes: list[TrainingPlane]
    left_out: list[str]
    notices: list[Notice]


def _prepare(source: Source, preparation: Preparation) -> _PreparedSource:
    image, mask = source.open()
    prepared = _PreparedSource([], [], [])
    # Plane by plane: the axes of the mask may be named otherwise than those of the image.
    for index, mask_index in zip(image.planes, mask.planes, strict=True):
        truth = preparation.reading.read(mask, mask_index)
        if truth is None:
            prepared.left_out.append(image.plane_name(index))
            continue
        prepared.notices.extend(_suspicions(truth, f"{mask.path}: {mask.plane_name(mask_index)}"))
        prepared.planes.append(
            training_plane(
                image,
                index,
                truth,
                class_count=preparation.reading.class_count,
                normalisation=preparation.normalisation,
                working_scale=preparation.scale_of(truth),
                loss=preparation.settings.loss,
                boundaries=preparation.boundaries,
            )
        )
    return prepared


def _check_memory(used: int, done: int, total: int) -> None:
    """Stop with advice before the operating system ends the program without a word."""
    memory = physical_memory()
    if memory is not None and used > MEMORY_SHARE * memory:
        raise TrainingError(
            f"The images do not fit into memory: {done} of {total} take {used / 1e9:.3g} GB of this "
            f"computer's {memory / 1e9:.3g} GB. Train on fewer images (a few dozen varied ones teach nearly "
            "as much), or at a smaller --working-scale."
        )


def _some_truth(source: Source, reading: MaskReading) -> Truth | None:
    """Return the truth of the first labelled plane."""
    _, mask = source.open()
    truths = (reading.read(mask, index) for index in mask.planes)
    return next((truth for truth in truths if truth is not None), None)


def _suspicions(truth: Truth, where: str) -> list[Notice]:
    labelled = truth.classes[truth.classes >= 0]
    if labelled.size == 0:
        return [Notice(f"{where} has no labelled pixel: nothing is learnt from it.")]
    if labelled.max() == 0:
        return [Notice(f"{where} is background everywhere: taken to say that there are no objects.")]
    if labelled.min() > 0:
        return [Notice(f"{where} is foreground everywhere: check it, and --invert if objects are 0 there.")]
    return []


def _check_teaches(planes: Sequence[TrainingPlane]) -> None:
    known = classes_held(planes)
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
