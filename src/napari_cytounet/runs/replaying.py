"""Training a run once more from its record, and comparing: the job behind `cytounet replay`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path

import torch

from napari_cytounet.errors import ReplayError
from napari_cytounet.events import Event, Notice, drain
from napari_cytounet.runs.differences import differences
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record, environment, read_training_record
from napari_cytounet.runs.recorded_files import finding_files
from napari_cytounet.runs.replay_result import ReplayResult, allowed_dice
from napari_cytounet.runs.training import training
from napari_cytounet.settings import DeviceSettings, TrainSettings
from napari_cytounet.unet.devices import available_kinds, choose_device
from napari_cytounet.unet.model import load_model


def replaying(
    run: Path,
    *,
    data: Path | None = None,
    out: Path | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, ReplayResult]:
    """Check the data and the versions of a run, train it again step by step, and compare the models.

    Parameters
    ----------
    run
        Folder of a finished run.
    data
        Where its files lie now, if they were moved.
    out
        Folder of the new run; a new one beside the run if not given.
    cancel
        Set it to stop.

    Yields
    ------
    Event
        Those of the training, and notices of what differs.

    Raises
    ------
    ReplayError
        If the run was not finished, or its files are missing or changed.
    Cancelled
        If it was stopped: half a replay says nothing.
    """
    cancel = cancel or threading.Event()
    record = read_training_record(RunFolder(run).record)
    if "result" not in record:
        raise ReplayError(
            f"{run} was not finished: there is nothing to compare with. Go on with it by --resume."
        )
    files = yield from finding_files(record, run, data, cancel)
    moved = f" {files.moved} of them lie elsewhere now." if files.moved else ""
    yield Notice(f"All files hold what they held.{moved}")
    device = _recorded_device(record)
    chosen = choose_device(device)
    found = differences(record["environment"], environment(chosen.name, chosen.threads))
    for difference in found:
        yield Notice(f"Not as in the run: {difference.describe()}.")
    yield Notice(f"Training again; the run took {record['result']['seconds']:.0f} s.")
    again = yield from training(
        None,
        out=out or _free_folder(run),
        settings=TrainSettings(device=device),
        start_from=files.start_from,
        repeat=run,
        files=files.pairs,
        cancel=cancel,
    )
    return ReplayResult(
        run=run,
        replay=again.run,
        is_stopped=again.stopped,
        equal_weights=_equal_weights(run, again.run),
        differences=tuple(found),
        is_exact=chosen.torch_device.type == "cpu",
        dice=record["result"]["dice"],
        dice_again=again.dice,
        allowed=allowed_dice(record),
    )


def replay(
    run: Path | str,
    *,
    data: Path | str | None = None,
    out: Path | str | None = None,
    cancel: threading.Event | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> ReplayResult:
    """Train a run again from its record and say whether the same comes out.

    `on_event` is called with every event; all else is as in `replaying`.
    """
    job = replaying(
        Path(run),
        data=None if data is None else Path(data),
        out=None if out is None else Path(out),
        cancel=cancel,
    )
    return drain(job, on_event)


def _recorded_device(record: Record) -> DeviceSettings:
    """Return the device that the run had, with as many threads; where it is not here, the best that is."""
    there = record["environment"]
    kind = there["device"].partition(" ")[0]
    return DeviceSettings(
        device=kind if kind in available_kinds() else "auto",
        threads=there["threads"],
        mixed_precision=record["settings"]["device"]["mixed_precision"],
    )


def _free_folder(run: Path) -> Path:
    """Return a folder beside the run that is not there yet."""
    name = Path(os.path.abspath(run))  # noqa: PTH100 the name of a link stays
    names = (f"{name.name}-replay{'' if number == 1 else number}" for number in count(1))
    return next(folder for other in names if not (folder := name.with_name(other)).exists())


def _equal_weights(run: Path, other: Path) -> bool:
    first, second = (load_model(folder).network.state_dict() for folder in (run, other))
    return first.keys() == second.keys() and all(
        torch.equal(values, second[name]) for name, values in first.items()
    )
