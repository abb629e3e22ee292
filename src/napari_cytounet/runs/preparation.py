"""Everything before the first step of a training: data, network, budget and record."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from napari_cytounet.errors import Cancelled, SettingsError, TrainingError
from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.images.notes import counted_notes
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.record import Record, digest, environment, now, write_record
from napari_cytounet.runs.request import TrainRequest
from napari_cytounet.runs.sources import Source, Sources, describe_model, open_sources
from napari_cytounet.runs.split_places import places
from napari_cytounet.runs.starting_point import card_from_model, new_card, starting_network
from napari_cytounet.runs.training_data import Preparation, prepare_planes
from napari_cytounet.strict_json import plain
from napari_cytounet.unet.devices import Device, choose_device
from napari_cytounet.unet.hold_out import Split, hold_out
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.pace import ClockPace, Pace, RecordedPace, StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.preview import choose_part
from napari_cytounet.unet.training import Training


@dataclass(frozen=True)
class Prepared:
    """A training that can begin, and what is known of the model that it will make."""

    training: Training
    card: ModelCard
    device: Device
    record: Record


def prepare_run(request: TrainRequest, cancel: threading.Event) -> Generator[Event, None, Prepared]:
    """Read the data, build the network, and last of all write the record.

    Parameters
    ----------
    request
        What is to be done, `completed`.
    cancel
        Looked at after each image.
    """
    device = choose_device(request.settings.device)
    found = request.pairs()
    sources = open_sources([*found.training, *found.validation], request.settings.images)
    learnt, kept = sources.pairs[: len(found.training)], sources.pairs[len(found.training) :]
    yield from map(Notice, found.notes)
    yield from counted_notes(sources.notes)
    reading = understand_masks(sources.masks, request.settings.masks)
    yield Notice(f"Masks: {reading.kind} ({reading.reason}).")
    card = yield from _card(request, sources, reading)
    preparation = Preparation(
        reading,
        card.normalisation,
        card.working_scale,
        request.settings,
        boundaries=card.objects is not None,
        own_scale=card.objects is not None and card.objects.own_scale,
    )
    split = yield from _split(learnt, kept, preparation, request, cancel)
    yield Notice(f"Validation: {split.description}.")

    record = _new_record(request, learnt, kept, reading, split, card, device)
    if request.earlier is not None:
        yield from _compare_data(record, request.earlier, request)
        if request.resume:
            finished = ("result", "finished")
            record = {name: value for name, value in request.earlier.items() if name not in finished}
    card = card.model_copy(update={"record": digest(record)})
    goes_on = request.resume and request.folder.checkpoint.exists()
    network = starting_network(
        card,
        request.settings.training.seed,
        None if goes_on else request.start_from,
        freeze_encoder=request.freeze_encoder,
    )
    training = Training(
        network,
        split.training,
        split.validation,
        settings=request.settings,
        device=device,
        pace=_pace(request),
        preview=choose_part(split.validation or split.training, network.stride) if request.preview else None,
    )
    write_record(request.folder.record, record)
    yield Notice(f"Training on {device.name}.")
    return Prepared(training, card, device, record)


def _card(request: TrainRequest, sources: Sources, reading: MaskReading) -> Generator[Event, None, ModelCard]:
    if request.earlier is not None:
        return ModelCard.model_validate(request.earlier["card"])
    if request.start_from is not None:
        return (yield from card_from_model(request.start_from, sources, reading, request.settings))
    return (yield from new_card(sources, reading, request.settings))


def _split(
    learnt: Sequence[Source],
    kept: Sequence[Source],
    preparation: Preparation,
    request: TrainRequest,
    cancel: threading.Event,
) -> Generator[Event, None, Split]:
    """Prepare all planes, and keep some back if none were named for validation."""
    planes = yield from _cancellable(prepare_planes(learnt, preparation, "training images"), cancel)
    if not kept:
        return hold_out(planes, request.settings.training.validation_share, request.settings.training.seed)
    held = yield from _cancellable(prepare_planes(kept, preparation, "validation images"), cancel)
    return Split(planes, held, f"{len(held)} planes of {len(kept)} validation images")


def _new_record(
    request: TrainRequest,
    learnt: Sequence[Source],
    kept: Sequence[Source],
    reading: MaskReading,
    split: Split,
    card: ModelCard,
    device: Device,
) -> Record:
    return {
        "format": 1,
        "created": now(),
        "settings": request.settings.model_dump(mode="json"),
        "data": {
            "training": [source.describe() for source in learnt],
            "validation": [source.describe() for source in kept],
            "masks": {
                "kind": reading.kind.value,
                "reason": reading.reason,
                "values": [str(value) for value in reading.values],
            },
            "split": split.description,
            "learnt_from": places(split.training, split.validation),
            "kept_back": places(split.validation, split.training),
            "findings": plain(request.findings),
        },
        "environment": environment(device.name, device.threads),
        "start_from": describe_model(request.start_from) if request.start_from else None,
        "freeze_encoder": request.freeze_encoder,
        "repeats": str(request.repeat.resolve()) if request.repeat else None,
        "card": card.model_dump(mode="json"),
    }


def _compare_data(record: Record, earlier: Record, request: TrainRequest) -> Generator[Event, None, None]:
    """Refuse to resume on other data, and warn where a run is repeated on other data."""
    changed = _changed_data(record, earlier)
    if not changed:
        return
    if request.resume:
        raise TrainingError(
            f"{changed} since the run {request.folder.path} began. Put the former files back, or begin a new "
            "run (with --start-from to keep what was learnt)."
        )
    yield Notice(f"{changed} since the run that is repeated: the model will not be the same.")


def _changed_data(record: Record, earlier: Record) -> str:
    """Say which images or masks are not those of an earlier run; nothing if all are. Names may differ."""
    for part in ("training", "validation"):
        there, recorded = record["data"][part], earlier["data"][part]
        if len(there) != len(recorded):
            return f"The {part} images changed from {len(recorded)} to {len(there)}"
        for entry, former in zip(there, recorded, strict=True):
            if any(entry[content] != former[content] for content in ("image_sha256", "mask_sha256")):
                return f"{entry['image']} or its mask changed"
    return ""


def _pace(request: TrainRequest) -> Pace:
    training, highest = request.settings.training, request.settings.optimiser.learning_rate
    if request.repeat is not None:
        rows = read_history(RunFolder(request.repeat).history)
        if not rows:
            raise SettingsError(f"The run {request.repeat} took no step: there is nothing to repeat.")
        validated = frozenset(row.step for row in rows if row.validation_dice is not None)
        # What a stopped run did after its last validation is in no model.
        rows = rows[: max(validated, default=len(rows))]
        sizes = tuple(row.batch_size for row in rows)
        return RecordedPace(tuple(row.learning_rate for row in rows), validated, sizes)
    if training.steps is not None:
        return StepPace(training.steps, highest)
    if training.minutes is None:
        raise SettingsError("Give a budget: --minutes or --steps.")
    return ClockPace(60 * training.minutes, highest)


def _cancellable(
    job: Generator[Event, None, list[TrainingPlane]], cancel: threading.Event
) -> Generator[Event, None, list[TrainingPlane]]:
    """Pass a job's events on, and give up before training begins if it is cancelled."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            planes: list[TrainingPlane] = end.value
            return planes
        if cancel.is_set() and isinstance(event, Progress):
            job.close()
            raise Cancelled("Stopped while the images were read: there is no model yet.")
        yield event
