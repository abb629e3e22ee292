"""The data check: the job behind `cytounet check`."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from napari_cytounet.errors import Cancelled, CytounetError, SettingsError
from napari_cytounet.events import Event, Notice, Progress, drain
from napari_cytounet.images.image import Image
from napari_cytounet.images.reading import open_image, open_mask
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.quality.codes import CODES
from napari_cytounet.quality.deep import check_enough, contradictions, without_harm
from napari_cytounet.quality.detectors import in_order_of_harm, judge, without_consequences
from napari_cytounet.quality.digest import Digest, digest_plane, truth_of
from napari_cytounet.quality.fields import shrink_factor
from napari_cytounet.quality.findings import Finding, Place, found
from napari_cytounet.quality.inputs import CheckedFile, Inputs, gather_files
from napari_cytounet.quality.mask_values import MaskValues, look_at_values, mostly_swapped, understand
from napari_cytounet.quality.survey import Survey
from napari_cytounet.settings import CheckSettings, ImageSettings, MaskSettings

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MOST_SIZES = 50
"""Images whose size is looked at to choose how small fields are compared."""


@dataclass(frozen=True)
class CheckResult:
    """What the data check found.

    Attributes
    ----------
    findings
        In order of harm.
    images, masks
        How many files were looked at.
    notes
        What could not be looked at, and why.
    """

    findings: tuple[Finding, ...]
    images: int
    masks: int
    notes: tuple[str, ...] = ()

    def severities(self) -> dict[str, int]:
        """Return how many findings there are of each severity, the worst first."""
        return dict(Counter(finding.severity.value for finding in self.findings))

    def as_dict(self) -> dict[str, object]:
        """Return the result as a JSON-ready dictionary."""
        return {
            "images": self.images,
            "masks": self.masks,
            "severities": self.severities(),
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": list(self.notes),
        }


def checking(
    images: Path,
    masks: Path | None = None,
    *,
    validation: tuple[Path, Path] | None = None,
    settings: CheckSettings = CheckSettings(),
    mask_settings: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, CheckResult]:
    """Look at all images, masks and pairs, and say what may be wrong with them.

    Parameters
    ----------
    images
        An image, a folder of images, or a folder in cytounet's layout.
    masks
        The masks; found beside the images if not given, and if there are none, images alone are checked.
    validation
        Images and masks that are kept back for validation: none of their fields may be among the others.
    settings, mask_settings, image_settings
        What is looked for, and how files are read.
    cancel
        Set it to stop.

    Yields
    ------
    Event
        Progress, and in a deep check the events of its trainings.

    Raises
    ------
    CytounetError
        If there is nothing to check; what is wrong with single files is a finding.
    Cancelled
        If it was stopped.
    """
    unknown = set(settings.leave_out) - set(CODES)
    if unknown:
        raise SettingsError(
            f"There is no finding {', '.join(sorted(unknown))}. The codes are {', '.join(CODES)}."
        )
    inputs = gather_files(images, masks, validation, mask_settings.pairing)
    cancel = cancel or threading.Event()
    is_deep = settings.deep and "mask-contradicted" not in settings.leave_out
    if is_deep:
        check_enough(inputs.files, settings.folds)
    result = yield from check_files(inputs, settings, mask_settings, image_settings, cancel)
    if not is_deep:
        return result
    sound = without_harm(inputs.files, result.findings)
    try:
        check_enough(sound, settings.folds)
    except SettingsError as error:
        # What was found so far is worth more than an error: it says what to mend first.
        note = f"The deep check was left out, without pairs that have a finding of high severity: {error}"
        yield Notice(note)
        return replace(result, notes=(note,))
    contradicted = yield from contradictions(sound, settings, mask_settings, image_settings, cancel)
    return replace(result, findings=tuple(in_order_of_harm([*result.findings, *contradicted])))


def check_files(
    inputs: Inputs,
    settings: CheckSettings,
    mask_settings: MaskSettings,
    image_settings: ImageSettings,
    cancel: threading.Event,
    *,
    quick: bool = False,
) -> Generator[Event, None, CheckResult]:
    """Check files that were gathered already: see `checking`."""
    files = inputs.files
    masks = [file.mask for file in files if file.mask is not None]
    folder = masks[0].parent if masks else files[0].image.parent
    look = partial(_values_of, settings=mask_settings, image_settings=image_settings)
    values = yield from _in_threads(look, masks, "values of masks", cancel)
    reading, findings = understand(values, mask_settings, folder)
    findings = [*inputs.findings, *findings, *_spoilt(masks, values)]
    factor = shrink_factor(
        [_longest_side(file, image_settings) for file in files[:: -(-len(files) // MOST_SIZES)]]
    )
    unusable = {mask for mask, value in zip(masks, values, strict=True) if value.spoilt}
    examine = partial(
        _examine, reading=reading, unusable=unusable, settings=image_settings, factor=factor, quick=quick
    )
    looked = yield from _in_threads(examine, files, "images", cancel)
    if reading is not None and mostly_swapped(values, reading) and _background_is_busier(looked):
        findings.append(
            found("mask-inverted", "In most masks the foreground surrounds the background.", Place(folder))
        )
        reading = replace(reading, invert=True)
        looked = yield from _in_threads(partial(examine, reading=reading), files, "images", cancel)
    survey = Survey([digest for part in looked for digest in part.digests], reading, mask_settings, folder)
    findings += [finding for part in looked for finding in part.findings]
    yield Progress("comparing images", 0, 1)
    findings += judge(survey)
    yield Progress("comparing images", 1, 1)
    told = without_consequences(findings)
    kept = [finding for finding in told if finding.code not in settings.leave_out]
    return CheckResult(tuple(in_order_of_harm(kept)), len(files), len(masks))


def check(
    images: Path | str,
    masks: Path | str | None = None,
    *,
    validation: tuple[Path | str, Path | str] | None = None,
    settings: CheckSettings = CheckSettings(),
    mask_settings: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    on_event: Callable[[Event], object] | None = None,
) -> CheckResult:
    """Check images and masks and return what may be wrong with them: see `checking`.

    `on_event` is called with every event.

    Examples
    --------
    >>> from napari_cytounet import check
    >>> [finding.what for finding in check("images", "masks").findings]  # doctest: +SKIP
    """
    job = checking(
        Path(images),
        None if masks is None else Path(masks),
        validation=None if validation is None else (Path(validation[0]), Path(validation[1])),
        settings=settings,
        mask_settings=mask_settings,
        image_settings=image_settings,
    )
    return drain(job, on_event)


@dataclass(frozen=True)
class _Examined:
    """What a look at one file gave."""

    digests: list[Digest]
    findings: list[Finding]


def _values_of(mask: Path, settings: MaskSettings, image_settings: ImageSettings) -> MaskValues:
    try:
        return look_at_values(open_mask(mask, image_settings), settings)
    except CytounetError as error:
        return MaskValues(None, "file-unreadable", str(error))


def _spoilt(masks: Sequence[Path], values: Sequence[MaskValues]) -> Iterator[Finding]:
    for mask, value in zip(masks, values, strict=True):
        if value.spoilt:
            yield found(value.spoilt, value.problem, Place(mask))


def _longest_side(file: CheckedFile, settings: ImageSettings) -> int:
    try:
        image = open_image(file.image, settings)
    except CytounetError:
        return 512  # the finding about the file comes when it is looked at
    return max(image.height, image.width)


def _examine(
    file: CheckedFile,
    *,
    reading: MaskReading | None,
    unusable: set[Path],
    settings: ImageSettings,
    factor: int,
    quick: bool,
) -> _Examined:
    """Look at all planes of an image and its mask."""
    try:
        image = open_image(file.image, settings)
        mask = None if file.mask is None or file.mask in unusable else open_mask(file.mask, settings)
        findings: list[Finding] = []
        if mask is not None and (problem := _misfit(image, mask)):
            findings.append(found("pair-size", problem, Place(mask.path or file.image), others=(file.image,)))
            mask = None
        mask_planes = image.planes if mask is None else mask.planes
        digests = [
            digest_plane(
                file,
                image,
                index,
                None if mask is None or reading is None else truth_of(mask, mask_index, reading),
                factor=factor,
                quick=quick,
            )
            for index, mask_index in zip(image.planes, mask_planes, strict=True)
        ]
    except CytounetError as error:
        return _Examined([], [found("file-unreadable", str(error), Place(file.image))])
    return _Examined(digests, findings)


def _misfit(image: Image, mask: Image) -> str:
    """Say how a mask does not fit its image; empty if it does."""
    if (image.height, image.width) != (mask.height, mask.width):
        turned = " It may be turned." if (image.height, image.width) == (mask.width, mask.height) else ""
        return (
            f"The image has {image.height} x {image.width} pixels, the mask {mask.height} x "
            f"{mask.width}.{turned}"
        )
    if len(image.planes) != len(mask.planes):
        return (
            f"The image has {len(image.planes)} planes ({image.axes}), the mask {len(mask.planes)} "
            f"({mask.axes})."
        )
    return ""


def _background_is_busier(looked: Iterable[_Examined]) -> bool:
    """Tell whether most foregrounds are where the image is empty: then they are backgrounds."""
    busyness = [
        digest.busyness for part in looked for digest in part.digests if digest.foreground not in {None, 0, 1}
    ]
    return sum(value < 1 for value in busyness) > len(busyness) / 2


def _in_threads(
    work: Callable[[Item], Outcome], items: Sequence[Item], what: str, cancel: threading.Event
) -> Generator[Event, None, list[Outcome]]:
    """Work on all items in as many threads as there are cores; most of it lets go of the interpreter."""
    outcomes: list[Outcome] = []
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for outcome in pool.map(work, items):
            outcomes.append(outcome)
            if cancel.is_set():
                raise Cancelled("Stopped before everything was looked at.")
            yield Progress(what, len(outcomes), len(items))
    finally:
        pool.shutdown(cancel_futures=True)
    return outcomes
