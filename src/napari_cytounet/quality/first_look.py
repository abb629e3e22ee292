"""The quick check before every training: some images, a second or two, and only what does harm."""

from __future__ import annotations

import threading
from collections.abc import Generator

from napari_cytounet.errors import Cancelled, CytounetError
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.pairing import FoundPairs
from napari_cytounet.images.reading import open_image
from napari_cytounet.quality.checking import CheckResult, check_files
from napari_cytounet.quality.inputs import files_of
from napari_cytounet.quality.severities import Severity
from napari_cytounet.settings import CheckSettings, TrainSettings

MOST_PIXELS = 6_000_000
"""About so many pixels are looked at: a second or two on two cores."""

LEAST_PAIRS = 4

MOST_NOTICES = 6


def first_look(
    found: FoundPairs, settings: TrainSettings, cancel: threading.Event
) -> Generator[Event, None, list[dict[str, object]]]:
    """Look at some of the pairs that are to be learnt from, spread over all of them.

    Yields
    ------
    Event
        A notice for each finding of high severity, the first few, and one that tells of the others.

    Returns
    -------
    list of dict
        All findings, for the record.
    """
    step = _step(found, settings)
    inputs = files_of(found.training[::step], found.validation[::step])
    try:
        result: CheckResult = yield from _silent(
            check_files(inputs, CheckSettings(), settings.masks, settings.images, cancel, quick=True)
        )
    except Cancelled:
        raise Cancelled("Stopped before the first step: there is no model yet.") from None
    harmful = [finding for finding in result.findings if finding.severity is Severity.HIGH]
    for finding in harmful[:MOST_NOTICES]:
        yield Notice(f"Data check: {finding.where}: {finding.what} {finding.advice}")
    others = len(result.findings) - min(len(harmful), MOST_NOTICES)
    looked = len(inputs.files)
    if others:
        yield Notice(
            f"Data check: {others} {'more' if harmful else 'smaller'} findings in {looked} of "
            f"{len(found.training) + len(found.validation)} images: `cytounet check` (Layers > Measure > "
            "Check training data) tells them all."
        )
    return [finding.as_dict() for finding in result.findings]


def _step(found: FoundPairs, settings: TrainSettings) -> int:
    """Return every how many-th pair is looked at."""
    try:
        image = open_image(found.training[0].image, settings.images)
    except CytounetError:
        return 1  # the check tells what is wrong with it
    pixels = image.height * image.width * len(image.planes)
    pairs = len(found.training) + len(found.validation)
    return max(1, pairs // max(LEAST_PAIRS, MOST_PIXELS // pixels))


def _silent(job: Generator[Event, None, CheckResult]) -> Generator[Event, None, CheckResult]:
    """Run a job without passing its progress on: it is over at once."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: CheckResult = end.value
            return result
        if isinstance(event, Notice):
            yield event
