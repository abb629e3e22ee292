"""How many steps a training will take in its time, before it begins; without torch."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet.errors import OutputError, SettingsError
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import HistoryRow, read_history
from napari_cytounet.runs.listing import list_runs
from napari_cytounet.runs.record import Record, read_record
from napari_cytounet.settings import TrainSettings

FEWEST_STEPS = 10
"""An earlier run of fewer steps tells nothing."""


@dataclass(frozen=True)
class Estimate:
    """What a training will take.

    Attributes
    ----------
    seconds_per_step
        Validations included, where it comes from an earlier run.
    steps
        Of the whole training.
    seconds
        Of the whole training.
    source
        Where that is known from, for the user.
    """

    seconds_per_step: float
    steps: int
    seconds: float
    source: str


def estimate(settings: TrainSettings, runs_folder: Path, threads: int | None = None) -> Estimate | None:
    """Estimate a training from the latest earlier run like it: the same network, patches and device.

    Parameters
    ----------
    settings
        Of the training; unset fields follow the preset.
    runs_folder
        Where earlier runs lie.
    threads
        Processor cores that it may use; those of its settings if not given.

    Returns
    -------
    Estimate or None
        None where there is no such run: `speed_command` measures.
    """
    wanted = settings.with_preset()
    threads = threads or wanted.device.threads or os.cpu_count() or 1
    for folder in _latest_runs(runs_folder):
        rows = _rows_if_alike(RunFolder(folder), wanted, threads)
        if len(rows) < FEWEST_STEPS:
            continue
        per_step = (rows[-1].seconds - rows[0].seconds) / (len(rows) - 1)
        start_up = max(0.0, rows[0].seconds - per_step)
        return estimate_at(per_step, settings, f"as fast as the run {folder.name}", start_up=start_up)
    return None


def estimate_at(
    seconds_per_step: float, settings: TrainSettings, source: str, *, start_up: float = 0.0
) -> Estimate:
    """Estimate a training from the seconds of a step.

    Parameters
    ----------
    seconds_per_step
        From `read_speed`.
    settings
        Of the training; unset fields follow the preset.
    source
        Where that is known from, for the user.
    start_up
        Seconds before the first step.

    Examples
    --------
    >>> from napari_cytounet.settings import TrainingSettings
    >>> settings = TrainSettings(training=TrainingSettings(minutes=1))
    >>> estimate_at(0.2, settings, "measured", start_up=2).steps
    290
    """
    budget = settings.with_preset().training
    if budget.steps is not None:
        return Estimate(seconds_per_step, budget.steps, start_up + budget.steps * seconds_per_step, source)
    if budget.minutes is None:
        raise SettingsError("Give a budget: minutes or steps.")
    seconds = 60 * budget.minutes
    return Estimate(seconds_per_step, max(0, int((seconds - start_up) / seconds_per_step)), seconds, source)


def speed_command(settings: TrainSettings, threads: int | None = None) -> list[str]:
    """Return the command that measures here, in a few seconds, how long a step takes.

    Its output goes to `read_speed`.
    """
    words = [sys.executable, "-m", "napari_cytounet", "speed", "--json"]
    device = settings.device if threads is None else settings.device.model_copy(update={"threads": threads})
    for concern in (settings.training, settings.network, settings.optimiser, device):
        for name, value in concern.model_dump(mode="json", exclude_unset=True).items():
            if value is not None:
                words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def read_speed(output: str) -> float:
    """Return the seconds of a step from the output of `speed_command`.

    Raises
    ------
    OutputError
        If it says nothing of the kind.
    """
    try:
        return float(json.loads(output.splitlines()[-1])["seconds_per_step"])
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"The speed of a training could not be measured: {output.strip()}") from error


def _latest_runs(runs_folder: Path) -> Iterator[Path]:
    """Yield the runs that have a history, the latest first."""
    runs = list_runs(runs_folder) if runs_folder.is_dir() else []
    return (run.path for run in reversed(runs) if RunFolder(run.path).history.exists())


def _rows_if_alike(run: RunFolder, wanted: TrainSettings, threads: int) -> list[HistoryRow]:
    """Return the history of a run whose steps were like those of the wanted training; none of any other."""
    try:
        return read_history(run.history) if _is_alike(read_record(run.record), wanted, threads) else []
    except (OutputError, KeyError):
        return []  # a damaged run, or one of another version, tells nothing


def _is_alike(record: Record, wanted: TrainSettings, threads: int) -> bool:
    """Whether a step of an earlier run was as long as one of the wanted training, on this computer."""
    there, settings = record["environment"], record["settings"]
    here = wanted.model_dump(mode="json")
    return (
        settings["network"] == here["network"]
        and all(settings["training"][name] == here["training"][name] for name in ("batch_size", "patch_size"))
        and all(settings["device"][name] == here["device"][name] for name in ("device", "mixed_precision"))
        and (there["threads"], there["platform"]) == (threads, platform.platform())
    )
