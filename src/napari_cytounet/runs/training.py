"""Training from files to a run's folder: the job behind `cytounet train`."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_cytounet.errors import Cancelled, OutputError, TrainingError
from napari_cytounet.events import BatchDone, Event, FileWritten, Notice, Validated
from napari_cytounet.images.pairing import FoundPairs
from napari_cytounet.runs.failure_watch import FailureWatch
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import History, open_history, read_history
from napari_cytounet.runs.preparation import Prepared, prepare_run
from napari_cytounet.runs.previewing import write_preview
from napari_cytounet.runs.record import now, write_record
from napari_cytounet.runs.report.page import write_report
from napari_cytounet.runs.report.pictures import write_examples
from napari_cytounet.runs.request import TrainRequest
from napari_cytounet.runs.train_result import TrainResult
from napari_cytounet.runs.validation_record import everything_dice, explained_dice, validation_record
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.checkpoint import restore_checkpoint, save_checkpoint
from napari_cytounet.unet.model import save_model
from napari_cytounet.unet.model_card import ObjectCard
from napari_cytounet.unet.training import Training
from napari_cytounet.unet.validation import ValidationScore

Look = Callable[[FoundPairs, TrainSettings, threading.Event], Generator[Event, None, list[dict[str, object]]]]
"""Looks at the files of a training and returns what may be wrong with them, ready for JSON."""

CHECKPOINT_SECONDS = 30.0
"""A checkpoint is written after every validation, and at least this often."""


def training(
    images: Path | None,
    masks: Path | None = None,
    *,
    out: Path,
    validation: tuple[Path, Path] | None = None,
    settings: TrainSettings = TrainSettings(),
    start_from: Path | None = None,
    freeze_encoder: bool = False,
    resume: bool = False,
    repeat: Path | None = None,
    files: FoundPairs | None = None,
    findings: Sequence[Mapping[str, Any]] | None = None,
    preview: bool = False,
    look: Look | None = None,
    cancel: threading.Event | None = None,
) -> Generator[Event, None, TrainResult]:
    """Train a U-Net on image and mask files.

    Parameters
    ----------
    images
        An image, a folder of images, or a folder in cytounet's layout. Not needed to resume.
    masks
        The masks; found beside the images if not given.
    out
        The run's folder, made new.
    validation
        Images and masks to choose weights and thresholds on; else a share of the training data is kept back.
    settings
        Unset fields follow the preset.
    start_from
        A model to go on from (fine-tuning), whose network and preprocessing are taken over.
    freeze_encoder
        Let fine-tuning change the decoder only.
    resume
        Go on with the run in `out`, with its own settings and data.
    repeat
        The folder of an earlier run whose steps, rates and validations are repeated one by one.
    files
        The very files to learn from and to validate on, in place of folders.
    findings
        What a check of these data found, for the record and the report; None if they were not checked.
    preview
        After each validation, write a prediction on a part of one plane that was kept back.
    look
        Looks at the data before the time of the training begins, such as `quality.first_look`; what it
        finds goes into the record. Not at those of a run that is resumed.
    cancel
        Set it to stop: the best so far is kept.

    Yields
    ------
    Event
        Notice, Progress, BatchDone, Validated and Previewed.

    Returns
    -------
    TrainResult
        Of the model written to `out`.

    Raises
    ------
    CytounetError
        With what is wrong and what to do.
    Cancelled
        If it was stopped before the first step.
    """
    cancel = cancel or threading.Event()
    folder = RunFolder(out)
    request = TrainRequest(
        images,
        masks,
        folder,
        validation,
        settings,
        start_from,
        freeze_encoder,
        resume,
        repeat,
        preview,
        files,
        findings,
    ).completed()
    if look is not None and not resume:
        seen = yield from look(request.pairs(), request.settings, cancel)
        request = replace(request, findings=seen)
    started = time.perf_counter()
    with nullcontext() if resume else folder.begun():
        prepared = yield from prepare_run(request, cancel)
        state = prepared.training
        if resume and folder.checkpoint.exists():
            restore_checkpoint(folder.checkpoint, state)
            yield Notice(f"Going on after step {state.step}.")
        before = state.seconds
        with prepared.device.threads_set(), open_history(folder.history, up_to_step=state.step) as history:
            yield from _train(prepared, folder, history, cancel, started)
        seconds = before + time.perf_counter() - started
        result = _finish(prepared, folder, stopped=cancel.is_set(), seconds=seconds)
        yield from _reported(prepared, folder)
        return result


def _train(
    prepared: Prepared, folder: RunFolder, history: History, cancel: threading.Event, started: float
) -> Generator[Event, None, None]:
    """Run the loop, and write to the folder what must not be lost."""
    state = prepared.training
    watch = FailureWatch(read_history(folder.history))
    saved_at, saved_step = state.seconds, state.step
    for event in state.run(cancel, started):
        if isinstance(event, BatchDone | Validated):
            history.add(event)
        folder.check_there()
        if isinstance(event, Validated) and event.best:
            _save_best(prepared, folder)
        is_due = state.seconds > saved_at + CHECKPOINT_SECONDS and not state.validates_next
        if isinstance(event, Validated) or is_due:
            _save_state(prepared, folder, history)
            saved_at, saved_step = state.seconds, state.step
        yield event
        yield from watch.look(event, _everything(state))
        if isinstance(event, Validated) and state.preview is not None and state.previewed is not None:
            folder.check_there()
            scale = state.preview.plane.scale
            yield write_preview(folder, state.previewed, state.preview, working_scale=scale, step=event.step)
    if state.step > saved_step:  # it was stopped after its latest validation
        folder.check_there()
        _save_state(prepared, folder, history)
    if not cancel.is_set():
        yield from watch.conclude(_everything(state))


def _everything(state: Training) -> float | None:
    """Return the Dice of calling everything foreground, once something was validated."""
    return everything_dice(state.best.score) if state.best else None


def _save_state(prepared: Prepared, folder: RunFolder, history: History) -> None:
    """Write what a later resume goes on from; the history first: a checkpoint must never be ahead of it."""
    history.flush()
    save_checkpoint(folder.checkpoint, prepared.training)


def _save_best(prepared: Prepared, folder: RunFolder) -> None:
    best = prepared.training.best
    if best is None:
        raise TrainingError("There are no best weights yet.")
    card = prepared.card.model_copy(
        update={
            "thresholds": best.score.thresholds,
            "validation_dice": best.score.known_dice,
            "objects": _calibrated(prepared.card.objects, best.score),
        }
    )
    save_model(folder.model, best.weights, card)


def _calibrated(objects: ObjectCard | None, score: ValidationScore) -> ObjectCard | None:
    """Return what a card says of objects, with the thresholds that were best on validation data."""
    if objects is None or score.objects is None:
        return objects
    found = score.object_thresholds._asdict() | {"validation_score": score.objects}
    return objects.model_copy(update=found)


def _finish(prepared: Prepared, folder: RunFolder, *, stopped: bool, seconds: float) -> TrainResult:
    state = prepared.training
    if state.best is None and stopped:
        raise Cancelled(f"Stopped before the first step: there is no model in {folder.path} yet.")
    if state.best is None:
        raise TrainingError(
            f"Reading the images took {seconds:.1f} s, which is the whole budget: no step was taken. "
            "Give more --minutes."
        )
    validation = validation_record(state.best.score, state.validation)
    result = TrainResult(
        run=folder.path,
        model=folder.model,
        dice=state.best.score.known_dice,
        objects=state.best.score.objects,
        thresholds=state.best.score.thresholds,
        steps=state.step,
        best_step=state.best.step,
        skipped=state.skipped,
        seconds=seconds,
        stopped=stopped,
        explanation=explained_dice(state.best.score.known_dice, validation),
    )
    folder.check_there()
    outcome = result.outcome() | {
        "timings": {
            "before_first_step": state.began,
            "steps_and_validations": state.seconds - state.began,
            "all": seconds,
        },
        "validation": validation,
    }
    write_record(folder.record, prepared.record | {"finished": now(), "result": outcome})
    return result


def _reported(prepared: Prepared, folder: RunFolder) -> Generator[Event, None, None]:
    """Write the report, after the budget is used up; without one, the model is there all the same."""
    state = prepared.training
    if state.best is None:
        return
    try:
        with prepared.device.threads_set():
            network = copy.deepcopy(state.averaged)
            network.load_state_dict(state.best.weights)
            labelled = [plane for plane in state.validation if bool(plane.labelled.any())]
            write_examples(folder, network, labelled, state.best.score, prepared.device)
        yield FileWritten(str(write_report(folder)))
    except OutputError as error:
        yield Notice(f"The model is there, but no report of it: {error}")
