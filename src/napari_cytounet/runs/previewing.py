"""Showing what a training predicts so far: a small file that every preview replaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_cytounet.errors import OutputError
from napari_cytounet.events import Notice, Previewed
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.unet.inference import Interval
from napari_cytounet.unet.preview import PreviewPart


def write_preview(
    folder: RunFolder, shares: NDArray[np.uint8], part: PreviewPart, *, working_scale: float, step: int
) -> Previewed | Notice:
    """Write a preview, and return the event that tells of it: a notice where it cannot be written."""
    try:
        with atomic_path(folder.preview) as temporary, temporary.open("wb") as file:
            np.save(file, shares, allow_pickle=False)
    except OutputError as error:
        return Notice(f"The training goes on without a preview: {error}")

    def original(interval: Interval) -> tuple[float, float]:
        return interval[0] / working_scale, interval[1] / working_scale

    return Previewed(
        path=str(folder.preview),
        source=part.plane.source,
        index=part.plane.index,
        rows=original(part.rows),
        columns=original(part.columns),
        step=step,
    )
