"""Playing an annotator on image and mask files: the job behind `cytounet simulate`."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import numpy as np
import torch

from napari_cytounet import __version__
from napari_cytounet.correction.learner import prefer_background
from napari_cytounet.correction.simulation import Simulation, SimulationResult
from napari_cytounet.correction.training import CorrectionTraining
from napari_cytounet.correction.untouched import UntouchedImages
from napari_cytounet.errors import Cancelled, PairingError, TrainingError
from napari_cytounet.events import Event, Notice, drain
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.pairing import Pair, find_pairs
from napari_cytounet.images.truth import MaskReading, Truth, understand_masks
from napari_cytounet.runs.sources import open_sources
from napari_cytounet.runs.starting_point import card_classes
from napari_cytounet.segmentation.thresholds import unscored_thresholds
from napari_cytounet.settings import (
    CorrectionSettings,
    DeviceSettings,
    ImageSettings,
    MaskSettings,
    SimulationSettings,
)
from napari_cytounet.unet.devices import choose_device
from napari_cytounet.unet.model import build_network, save_model
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.working_scale import OBJECT_PIXELS, choose_working_scale

UNTOUCHED = 1 / 3
"""Share of the images that is never touched, where none are named for it."""


def simulating(
    images: Path,
    masks: Path | None = None,
    *,
    test: tuple[Path, Path] | None = None,
    out: Path | None = None,
    simulation: SimulationSettings = SimulationSettings(),
    correction: CorrectionSettings = CorrectionSettings(),
    mask_settings: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    device: DeviceSettings = DeviceSettings(),
    cancel: threading.Event | None = None,
) -> Generator[Event, None, SimulationResult]:
    """Play an annotator who knows the masks, from nothing to the last stroke.

    Parameters
    ----------
    images, masks
        Where is painted, as for `training`.
    test
        Images and masks that are never touched; a third of the others if not given.
    out
        Folder for the curve as a table, and for the model.
    simulation, correction
        How is painted, and how is learnt.
    mask_settings, image_settings, device
        As for `training`.
    cancel
        Set it to stop after the next stroke.

    Yields
    ------
    Event
        Notice and StrokesPainted.

    Raises
    ------
    CytounetError
        With what is wrong and what to do.
    """
    cancel = cancel or threading.Event()
    touched, untouched = _split(find_pairs(images, masks, mask_settings.pairing).training, simulation.seed)
    if test is not None:
        touched = [*touched, *untouched]
        untouched = find_pairs(*test, mask_settings.pairing).training
    sources = open_sources([*touched, *untouched], image_settings)
    reading = understand_masks(sources.masks, mask_settings)
    yield Notice(f"Painted are {len(touched)} images, scored {len(untouched)}. Masks: {reading.kind}.")
    opened = [source.open() for source in sources.pairs]
    painted, kept = opened[: len(touched)], opened[len(touched) :]
    truths = [
        {index: truth for index in mask.planes if (truth := reading.read(mask, index)) is not None}
        for _, mask in painted
    ]
    card = yield from _card(truths, reading, sources.channels, correction, mask_settings)
    chosen = choose_device(device)
    with chosen.threads_set():
        network = build_network(card, correction.seed)
        prefer_background(network)
        training = CorrectionTraining([image for image, _ in painted], card, network, correction, chosen)
        scored = UntouchedImages(kept, reading, card, device)
        result = yield from Simulation(training, truths, scored, simulation).run(cancel)
    if not result.points:
        if cancel.is_set():
            raise Cancelled("Stopped before the first score.")
        raise TrainingError(
            "Nothing was learnt: in the images that are painted in, some class has no spot large enough for "
            "a stroke. Give more images, or see whether the masks fit them (--masks)."
        )
    if out is not None:
        _write(out, result, training)
        yield Notice(f"The curve and the model are in {out}.")
    return result


def simulate(
    images: Path | str,
    masks: Path | str | None = None,
    *,
    test: tuple[Path | str, Path | str] | None = None,
    out: Path | str | None = None,
    simulation: SimulationSettings = SimulationSettings(),
    correction: CorrectionSettings = CorrectionSettings(),
    mask_settings: MaskSettings = MaskSettings(),
    image_settings: ImageSettings = ImageSettings(),
    device: DeviceSettings = DeviceSettings(),
    on_event: Callable[[Event], object] | None = None,
) -> SimulationResult:
    """Play an annotator to the end and return the curve.

    Parameters are those of `simulating`; `on_event` is called with everything that happens.

    Examples
    --------
    >>> from napari_cytounet import simulate
    >>> curve = simulate("images", "masks")  # doctest: +SKIP
    >>> [(point.strokes, point.mean_dice) for point in curve.points]  # doctest: +SKIP
    """
    job = simulating(
        Path(images),
        None if masks is None else Path(masks),
        test=None if test is None else (Path(test[0]), Path(test[1])),
        out=None if out is None else Path(out),
        simulation=simulation,
        correction=correction,
        mask_settings=mask_settings,
        image_settings=image_settings,
        device=device,
    )
    return drain(job, on_event)


def _split(pairs: Sequence[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    if len(pairs) < 2:
        raise PairingError(
            "One image alone cannot be painted and scored: name images for scoring (--test), or more images."
        )
    order = np.random.default_rng(seed).permutation(len(pairs))
    count = max(1, round(UNTOUCHED * len(pairs)))
    kept = {int(number) for number in order[:count]}
    return (
        [pair for number, pair in enumerate(pairs) if number not in kept],
        [pair for number, pair in enumerate(pairs) if number in kept],
    )


def _card(
    truths: Sequence[dict[tuple[int, ...], Truth]],
    reading: MaskReading,
    channels: int,
    correction: CorrectionSettings,
    masks: MaskSettings,
) -> Generator[Event, None, ModelCard]:
    """Describe the model; the annotator measures an object, as a person would with a line across it."""
    if correction.diameter is None:
        choice = choose_working_scale([truth for planes in truths for truth in planes.values()])
        yield Notice(f"Working scale: {choice.reason}.")
        scale = choice.scale
    else:
        scale = min(1.0, OBJECT_PIXELS / correction.diameter)
    return ModelCard(
        version=__version__,
        channels=channels,
        **card_classes(reading, masks),
        mask_kind=reading.kind,
        network=correction.network,
        working_scale=scale,
        thresholds=unscored_thresholds(reading.class_count),
    )


def _write(out: Path, result: SimulationResult, training: CorrectionTraining) -> None:
    names = [f"dice {name}" for name in training.card.classes]
    with (
        atomic_path(out / "curve.csv") as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(["strokes", "pixels", "seconds", *names, "ap50", "adopted", "proposed"])
        for point in result.points:
            rows.writerow(
                [
                    point.strokes,
                    point.pixels,
                    round(point.seconds, 2),
                    *(round(value, 4) for value in point.dice),
                    round(point.precision, 4),
                    point.adopted,
                    point.proposed,
                ]
            )
    if training.shown is not None:
        weights: dict[str, torch.Tensor] = dict(training.shown.network.state_dict())
        save_model(out / "model.safetensors", weights, training.card)
