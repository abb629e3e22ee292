"""Which model, settings and input made a result: a line for each image in the folder of the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_cytounet import __version__
from napari_cytounet.errors import OutputError
from napari_cytounet.runs.image_prediction import PredictionTask
from napari_cytounet.runs.json_lines import LineReader, append_line
from napari_cytounet.runs.record import now
from napari_cytounet.runs.sources import content_hash
from napari_cytounet.settings import ImageSettings

NAME = "provenance.jsonl"
"""One file for a folder of results, to which every prediction appends: a sidecar for every file would be
three more files an image, and a file that is written anew for each image is slow for thousands."""


def note_provenance(
    source: Path, written: Sequence[Path], images: ImageSettings, task: PredictionTask
) -> None:
    """Append what made the results of one image.

    Parameters
    ----------
    source
        The input.
    written
        Its results, in the folder of the task.
    images
        How the input was read.
    task
        Model, settings and device.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    model = task.model
    append_line(
        task.out / NAME,
        {
            "results": [path.relative_to(task.out).as_posix() for path in written],
            "input": {"path": str(source.resolve()), "sha256": content_hash(source)},
            "model": {
                "path": str(model.path.resolve()) if model.path else None,
                "sha256": task.tags["model"],
                "record": model.card.record,
                "thresholds": model.card.thresholds,
            },
            "settings": {
                "prediction": task.settings.model_dump(mode="json"),
                "threshold": task.threshold.model_dump(mode="json"),
                "images": images.model_dump(mode="json"),
            },
            "napari-cytounet": __version__,
            "device": task.device.name,
            "created": now(),
        },
    )


def provenance_of(result: Path) -> dict[str, Any]:
    """Return what made a result.

    Parameters
    ----------
    result
        A file of ours, in the folder that `predict` wrote it to.

    Raises
    ------
    OutputError
        If nothing is written about it.
    """
    folder = result.parent.parent
    name = result.relative_to(folder).as_posix()
    lines = [line for line in LineReader(folder / NAME).read() if name in line.get("results", ())]
    if not lines:
        raise OutputError(f"Nothing is known of what made {result}: {folder / NAME} does not name it.")
    return lines[-1]
