"""A look at labels before a training: what they hold, in words, and what is missing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_cytounet.errors import CytounetError
from napari_cytounet.settings import ImageSettings, MaskKind, MaskSettings
from napari_cytounet.widgets.text import without_options
from napari_cytounet.widgets.training.labelled_layers import (
    LabelledPair,
    LayerPair,
    labelled_pair,
    understand_labels,
)

if TYPE_CHECKING:
    from napari_cytounet.images.pairing import Pair
    from napari_cytounet.images.truth import MaskReading

MOST_FILES = 200
"""So many masks of a folder are looked at, spread over it; the training looks at all of them."""

MOST_PAIRS = 2
"""More pairs of layers than this are spoken of together."""

MEANINGS = {
    MaskKind.BINARY: "one kind of thing: all that is not 0",
    MaskKind.CLASSES: "classes: each value is a class",
    MaskKind.INSTANCES: "single objects: each value is one object",
    MaskKind.OUTLINES: "outlines: closed rings, which are filled",
}
"""What the kinds of mask mean, for somebody who does not know our words for them."""


@dataclass(frozen=True)
class Look:
    """What a look found.

    Attributes
    ----------
    text
        For the user.
    reading
        How the labels are read; None if that is not clear, or something is missing.
    """

    text: str
    reading: MaskReading | None = None


def look_at_layers(pairs: Sequence[LayerPair], settings: MaskSettings, cancel: threading.Event) -> Look:
    """Look at pairs of layers."""
    if not pairs:
        return Look("")
    try:
        labelled = [labelled_pair(pair, settings, cancel) for pair in pairs]
        reading = understand_labels(labelled, settings, cancel)
    except CytounetError as error:
        return Look(without_options(str(error)))
    return Look(f"{describe_pairs(labelled)}\n{describe_reading(reading)}", reading)


def look_at_folders(
    images: Path, masks: Path | None, settings: MaskSettings, cancel: threading.Event
) -> Look:
    """Look at the masks of a folder."""
    from napari_cytounet.images.image_files import ImageFiles
    from napari_cytounet.images.pairing import find_pairs
    from napari_cytounet.images.truth import understand_masks

    try:
        found = find_pairs(images, masks, settings.pairing)
        if cancel.is_set():
            return Look("")
        step = -(-len(found.training) // MOST_FILES)
        looked_at = found.training[::step]
        files = ImageFiles(
            [pair.mask for pair in looked_at], ImageSettings(), [pair.image for pair in looked_at]
        )
        reading = understand_masks(files, settings)
    except CytounetError as error:
        return Look(without_options(str(error)))
    return Look(
        f"{_count(found.training)} to learn from{_kept(found.validation)}.\n{describe_reading(reading)}",
        reading,
    )


def describe_pairs(pairs: Sequence[LabelledPair]) -> str:
    """Say how much is labelled: pair by pair, or of many in one sentence."""
    if len(pairs) <= MOST_PAIRS:
        return "\n".join(pair.describe() for pair in pairs)
    labelled = sum(len(pair.planes) for pair in pairs)
    planes = sum(len(pair.image.planes) for pair in pairs)
    return f"{labelled} of the {planes} planes of {len(pairs)} images are labelled."


def describe_reading(reading: MaskReading) -> str:
    """Say what labels mean, and why that is thought.

    Examples
    --------
    >>> from napari_cytounet.images.truth import MaskReading
    >>> describe_reading(MaskReading(MaskKind.BINARY, "the masks hold 0 and 1"))
    'They hold one kind of thing (the masks hold 0 and 1).'
    """
    meaning = MEANINGS[reading.kind].partition(":")[0]
    return without_options(f"They hold {meaning} ({reading.reason}).")


def _count(pairs: Sequence[Pair]) -> str:
    return f"{len(pairs)} image{'' if len(pairs) == 1 else 's'} with masks"


def _kept(pairs: Sequence[Pair]) -> str:
    return f", {len(pairs)} to validate on" if pairs else ""
