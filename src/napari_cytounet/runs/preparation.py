"""Everything before the first step of a training: files, masks, scale, network, budget and record."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_cytounet import __version__
from napari_cytounet.errors import Cancelled, SettingsError, TrainingError
from napari_cytounet.events import Event, Notice, Progress
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.pairing import FoundPairs, Pair, find_pairs, pair_files
from napari_cytounet.images.reading import find_images
from napari_cytounet.images.truth import MaskReading, understand_masks
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.history import read_history
from napari_cytounet.runs.record import Record, digest, environment, now, read_record, write_record
from napari_cytounet.runs.sources import Source, open_sources
from napari_cytounet.runs.training_data import Preparation, measured_scale, prepare_planes
from napari_cytounet.settings import MaskKind, TrainSettings
from napari_cytounet.unet.devices import Device, choose_device
from napari_cytounet.unet.hold_out import Split, hold_out
from napari_cytounet.unet.model import ModelCard, build_network, load_model
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.pace import ClockPace, Pace, RecordedPace, StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.training import Training


@dataclass(frozen=True)
class Prepared:
    """A training that can begin, and what is known of the model that it will make."""

    training: Training
    card: ModelCard
    device: Device
    record: Record


def prepare_run(
    images: Path | None,
    masks: Path | None,
    *,
    folder: RunFolder,
    validation: tuple[Path, Path] | None,
    settings: TrainSettings,
    start_from: Path | None,
    freeze_encoder: bool,
    resume: bool,
    repeat: Path | None,
    cancel: threading.Event,
) -> Generator[Event, None, Prepared]:
    """Read the data, build the network and write the record; see `training` for the parameters."""
    earlier = _earlier_record(folder, resume=resume, repeat=repeat)
    settings = TrainSettings.model_validate(earlier["settings"]) if earlier else settings.with_preset()
    device = choose_device(settings.device)
    pairs = (
        _recorded_pairs(earlier)
        if earlier and images is None
        else _named_pairs(images, masks, validation, settings)
    )
    if not resume:
        folder.begin()

    learnt = open_sources(pairs.training, settings.images)
    kept = open_sources(pairs.validation, settings.images) if pairs.validation else []
    reading = understand_masks([source.mask for source in [*learnt, *kept]], settings.masks)
    yield Notice(f"Masks: {reading.kind} ({reading.reason}).")
    card = yield from _card(learnt, reading, settings, start_from, earlier)

    preparation = Preparation(reading, card.normalisation, card.working_scale, settings)
    planes = yield from _cancellable(prepare_planes(learnt, preparation, "training images"), cancel, folder)
    if kept:
        held = yield from _cancellable(prepare_planes(kept, preparation, "validation images"), cancel, folder)
        split = Split(planes, held, f"{len(held)} planes of {len(kept)} validation images")
    else:
        split = hold_out(planes, settings.training.validation_share, settings.training.seed)
    yield Notice(f"Validation: {split.description}.")

    record: Record = {
        "format": 1,
        "created": now(),
        "settings": settings.model_dump(mode="json"),
        "data": {
            "training": [source.describe() for source in learnt],
            "validation": [source.describe() for source in kept],
            "masks": {
                "kind": reading.kind.value,
                "reason": reading.reason,
                "values": [str(v) for v in reading.values],
            },
            "split": split.description,
        },
        "environment": environment(device.name, device.threads),
        "start_from": str(start_from) if start_from else None,
        "freeze_encoder": freeze_encoder,
        "repeats": str(repeat) if repeat else None,
        "card": card.model_dump(mode="json"),
    }
    if resume and earlier:
        _check_same_data(record, earlier, folder)
        record = {name: value for name, value in earlier.items() if name not in ("result", "finished")}
    write_record(folder.record, record)
    card = card.model_copy(update={"record": digest(record)})
    network = _network(card, settings, start_from, freeze_encoder=freeze_encoder)
    yield Notice(f"Training on {device.name}.")
    training = Training(
        network,
        split.training,
        split.validation,
        settings=settings,
        device=device,
        pace=_pace(settings, repeat),
    )
    return Prepared(training, card, device, record)


def _earlier_record(folder: RunFolder, *, resume: bool, repeat: Path | None) -> Record | None:
    """Return the record of the run that this one goes on with or repeats."""
    if resume:
        folder.check_resumable()
        return read_record(folder.record)
    return read_record(RunFolder(repeat).record) if repeat else None


def _named_pairs(
    images: Path | None, masks: Path | None, validation: tuple[Path, Path] | None, settings: TrainSettings
) -> FoundPairs:
    if images is None:
        raise SettingsError("Name the images to learn from, or --resume to go on with a run.")
    by = settings.masks.pairing
    found = find_pairs(images, masks, by)
    if validation is None:
        return found
    return FoundPairs(found.training, pair_files(find_images(validation[0]), find_images(validation[1]), by))


def _recorded_pairs(record: Record) -> FoundPairs:
    def pairs(part: str) -> list[Pair]:
        return [Pair(Path(entry["image"]), Path(entry["mask"])) for entry in record["data"][part]]

    return FoundPairs(pairs("training"), pairs("validation"))


def _card(
    sources: Sequence[Source],
    reading: MaskReading,
    settings: TrainSettings,
    start_from: Path | None,
    earlier: Record | None,
) -> Generator[Event, None, ModelCard]:
    """Describe the model that is to be made; fine-tuning takes over network and preprocessing."""
    if earlier:
        return ModelCard.model_validate(earlier["card"])
    channels = sources[0].image.channels
    classes = _class_names(reading)
    if start_from is not None:
        card = load_model(start_from).card
        if card.channels != channels:
            raise SettingsError(
                f"The model {start_from} takes {card.channels} channel(s), but the images have {channels}. "
                "Start from another model, or from none."
            )
        yield Notice(f"Going on from {start_from}: its network, working scale and normalisation are kept.")
        return card.model_copy(
            update={"classes": classes, "mask_kind": reading.kind, "thresholds": (0.5,) * len(classes)}
        )
    if settings.training.working_scale is None:
        choice = measured_scale(sources, reading)
        yield Notice(f"Working scale: {choice.reason}.")
        scale = choice.scale
    else:
        scale = settings.training.working_scale
    return ModelCard(
        version=__version__,
        channels=channels,
        classes=classes,
        mask_kind=reading.kind,
        network=settings.network,
        normalisation=Normalisation(),
        working_scale=scale,
        pixel_size=_common_pixel_size(sources),
        thresholds=(0.5,) * len(classes),
    )


def _class_names(reading: MaskReading) -> tuple[str, ...]:
    if reading.kind is MaskKind.CLASSES:
        return tuple(f"class {value}" for value in reading.values)
    return ("foreground",)


def _common_pixel_size(sources: Sequence[Source]) -> float | None:
    sizes = {source.image.pixel_size.x if source.image.pixel_size else None for source in sources}
    return sizes.pop() if len(sizes) == 1 else None


def _network(
    card: ModelCard, settings: TrainSettings, start_from: Path | None, *, freeze_encoder: bool
) -> UNet:
    network = build_network(card, settings.training.seed)
    if start_from is not None:
        learnt = load_model(start_from).network.state_dict()
        fresh = network.state_dict()
        # A model with other classes lends all but its head, which begins anew.
        network.load_state_dict({n: learnt[n] if learnt[n].shape == v.shape else v for n, v in fresh.items()})
    if freeze_encoder:
        if start_from is None:
            raise SettingsError(
                "A frozen encoder must have learnt something: name a model with --start-from."
            )
        network.freeze_encoder()
    return network


def _pace(settings: TrainSettings, repeat: Path | None) -> Pace:
    training, highest = settings.training, settings.optimiser.learning_rate
    if repeat is not None:
        rows = read_history(RunFolder(repeat).history)
        validated = frozenset(row.step for row in rows if row.validation_dice is not None)
        return RecordedPace(tuple(row.learning_rate for row in rows), validated)
    if training.steps is not None:
        return StepPace(training.steps, highest)
    if training.minutes is None:
        raise SettingsError("Give a budget: --minutes or --steps.")
    return ClockPace(60 * training.minutes, highest)


def _check_same_data(record: Record, earlier: Record, folder: RunFolder) -> None:
    for now_there, recorded in zip(
        record["data"]["training"] + record["data"]["validation"],
        earlier["data"]["training"] + earlier["data"]["validation"],
        strict=True,
    ):
        if now_there != recorded:
            raise TrainingError(
                f"{now_there['image']} or its mask changed since the run {folder.path} began. "
                "Put the former files back, or begin a new run (with --start-from to keep what was learnt)."
            )


def _cancellable(
    job: Generator[Event, None, list[TrainingPlane]], cancel: threading.Event, folder: RunFolder
) -> Generator[Event, None, list[TrainingPlane]]:
    """Pass a job's events on, and give up before training begins if it is cancelled."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            planes: list[TrainingPlane] = end.value
            return planes
        if cancel.is_set() and isinstance(event, Progress):
            raise Cancelled(f"Stopped while the images were read: there is no model in {folder.path}.")
        yield event
