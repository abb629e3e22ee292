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
from napari_cytounet.runs.sources import Source, describe_model, open_sources
from napari_cytounet.runs.training_data import Preparation, measured_scale, prepare_planes
from napari_cytounet.settings import MaskKind, TrainSettings
from napari_cytounet.unet.devices import Device, choose_device
from napari_cytounet.unet.hold_out import Split, hold_out
from napari_cytounet.unet.model import ModelCard, build_network, load_model
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.pace import ClockPace, Pace, RecordedPace, StepPace
from napari_cytounet.unet.planes import TrainingPlane
from napari_cytounet.unet.prediction import scale_for
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
    if earlier:
        settings = TrainSettings.model_validate(earlier["settings"])
        start_from = Path(earlier["start_from"]["model"]) if earlier["start_from"] else None
        freeze_encoder = earlier["freeze_encoder"]
        repeat = Path(earlier["repeats"]) if resume and earlier["repeats"] else repeat
    else:
        settings = settings.with_preset()
    if freeze_encoder and start_from is None:
        raise SettingsError("A frozen encoder must have learnt something: name a model with --start-from.")
    device = choose_device(settings.device)
    pairs = (
        _recorded_pairs(earlier)
        if earlier and images is None
        else _named_pairs(images, masks, validation, settings)
    )

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
        "start_from": describe_model(start_from) if start_from else None,
        "freeze_encoder": freeze_encoder,
        "repeats": str(repeat.resolve()) if repeat else None,
        "card": card.model_dump(mode="json"),
    }
    if earlier and (changed := _changed_data(record, earlier)):
        if resume:
            raise TrainingError(
                f"{changed} since the run {folder.path} began. Put the former files back, or begin a new run "
                "(with --start-from to keep what was learnt)."
            )
        yield Notice(f"{changed} since the run that is repeated: the model will not be the same.")
    if resume and earlier:
        record = {name: value for name, value in earlier.items() if name not in ("result", "finished")}
    card = card.model_copy(update={"record": digest(record)})
    weights = None if resume and folder.checkpoint.exists() else start_from
    network = _network(card, settings, weights, freeze_encoder=freeze_encoder)
    training = Training(
        network,
        split.training,
        split.validation,
        settings=settings,
        device=device,
        pace=_pace(settings, repeat),
    )
    write_record(folder.record, record)
    yield Notice(f"Training on {device.name}.")
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
        model = load_model(start_from)
        if model.card.channels != channels:
            raise SettingsError(
                f"The model {start_from} takes {model.card.channels} channel(s), but the images have "
                f"{channels}. Start from another model, or from none."
            )
        yield Notice(f"Going on from {start_from}: its network, working scale and normalisation are kept.")
        pixel_size = _common_pixel_size(sources)
        return model.card.model_copy(
            update={
                "version": __version__,
                "classes": classes,
                "mask_kind": reading.kind,
                "pixel_size": pixel_size,
                # Objects are to look to the network as large as those that it knows.
                "working_scale": scale_for(model, sources[0].image)
                if pixel_size
                else model.card.working_scale,
                "thresholds": (0.5,) * len(classes),
                "validation_dice": None,
            }
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
        network.freeze_encoder()
    return network


def _pace(settings: TrainSettings, repeat: Path | None) -> Pace:
    training, highest = settings.training, settings.optimiser.learning_rate
    if repeat is not None:
        rows = read_history(RunFolder(repeat).history)
        if not rows:
            raise SettingsError(f"The run {repeat} took no step: there is nothing to repeat.")
        validated = frozenset(row.step for row in rows if row.validation_dice is not None)
        return RecordedPace(tuple(row.learning_rate for row in rows), validated)
    if training.steps is not None:
        return StepPace(training.steps, highest)
    if training.minutes is None:
        raise SettingsError("Give a budget: --minutes or --steps.")
    return ClockPace(60 * training.minutes, highest)


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
