"""Two runs side by side: what differs in settings, data and environment, and in what came out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_cytounet.measurement.paired import PairedDifference, paired_difference
from napari_cytounet.runs.differences import Difference, data_differences, differences, record_differences
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record, read_training_record
from napari_cytounet.runs.validation_record import mean_dice, validation_counts

RESULTS = ("dice", "thresholds", "steps", "best_step", "skipped", "seconds", "stopped")
"""What is compared of two results."""


@dataclass(frozen=True)
class RunComparison:
    """What differs between two runs.

    Attributes
    ----------
    first, second
        Their folders.
    settings
        What differs in how they were made: settings, preprocessing, environment.
    data
        What differs in the images, in words.
    results
        What differs in what came out.
    dice
        The Dice of both on the images that both kept back, image by image; None where there are none.
    """

    first: Path
    second: Path
    settings: tuple[Difference, ...]
    data: tuple[str, ...]
    results: tuple[Difference, ...]
    dice: PairedDifference | None

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "first": str(self.first),
            "second": str(self.second),
            "settings": [difference.as_dict() for difference in self.settings],
            "data": list(self.data),
            "results": [difference.as_dict() for difference in self.results],
            "dice": self.dice and self.dice.as_dict(),
        }

    def describe(self) -> str:
        """Say all of it, for the user."""
        same = [name for name, found in (("settings", self.settings), ("images", self.data)) if not found]
        lines = [f"The same {' and '.join(same)}."] if same else []
        lines += [difference.describe() for difference in (*self.settings, *self.results)]
        lines[len(lines) :] = [f"{line[:1].upper()}{line[1:]}." for line in self.data]
        lines.append(
            f"{self.first.name} against {self.second.name}, on what both kept back: {self.dice.describe()}"
            if self.dice
            else "They kept back no image in common: their scores cannot be compared. Score both on the same "
            "images with `cytounet evaluate RESULTS TRUTH --against OTHER-RESULTS`."
        )
        return "\n".join(lines)


def compare_runs(first: Path, second: Path) -> RunComparison:
    """Compare two runs by their records.

    Raises
    ------
    OutputError
        If one of them is no run.
    """
    records = [read_training_record(RunFolder(path).record) for path in (first, second)]
    results = [{name: record.get("result", {}).get(name) for name in RESULTS} for record in records]
    return RunComparison(
        first,
        second,
        tuple(record_differences(*records)),
        tuple(data_differences(*records)),
        tuple(differences(results[0], results[1])),
        _paired_dice(*records),
    )


def _paired_dice(first: Record, second: Record) -> PairedDifference | None:
    """Compare the images that both kept back; of an image in part, only where it is the same part."""
    ours, theirs = validation_counts(first), validation_counts(second)
    shared = [
        name for name in ours if name in theirs and np.array_equal(_truth(ours[name]), _truth(theirs[name]))
    ]
    if not shared:
        return None
    dice = [np.array([mean_dice(side[name]) for name in shared]) for side in (ours, theirs)]
    return paired_difference("dice", dice[0], dice[1])


def _truth(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return how many pixels of each class there are, and how many that are not of it."""
    return np.stack([counts[:, 0] + counts[:, 2], counts[:, 1] + counts[:, 3]])
