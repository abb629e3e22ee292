"""What a training starts from: a new network, another model, or where an earlier run began."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from napari_cytounet import __version__
from napari_cytounet.errors import SettingsError
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.runs.sources import Sources
from napari_cytounet.runs.training_data import measured_scale
from napari_cytounet.settings import MaskKind, TrainSettings
from napari_cytounet.unet.fit import scale_at
from napari_cytounet.unet.model import build_network, load_model
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.network import UNet


def new_card(
    sources: Sources, reading: MaskReading, settings: TrainSettings
) -> Generator[Event, None, ModelCard]:
    """Describe a model that begins from nothing."""
    scale = settings.training.working_scale
    if scale is None:
        choice = measured_scale(sources.pairs, reading)
        yield Notice(f"Working scale: {choice.reason}.")
        scale = choice.scale
    classes = _class_names(reading)
    return ModelCard(
        version=__version__,
        channels=sources.channels,
        classes=classes,
        mask_kind=reading.kind,
        network=settings.network,
        normalisation=Normalisation(),
        working_scale=scale,
        pixel_size=sources.pixel_size,
        thresholds=(0.5,) * len(classes),
    )


def card_from_model(
    start_from: Path, sources: Sources, reading: MaskReading
) -> Generator[Event, None, ModelCard]:
    """Describe a model that goes on from another one: network and preprocessing are taken over.

    Raises
    ------
    SettingsError
        If the images have another number of channels.
    """
    model = load_model(start_from)
    if model.card.channels != sources.channels:
        raise SettingsError(
            f"The model {start_from} takes {model.card.channels} channel(s), but the images have "
            f"{sources.channels}. Start from another model, or from none."
        )
    yield Notice(f"Going on from {start_from}: its network, working scale and normalisation are kept.")
    classes = _class_names(reading)
    return model.card.model_copy(
        update={
            "version": __version__,
            "classes": classes,
            "mask_kind": reading.kind,
            "pixel_size": sources.pixel_size,
            # Objects are to look to the network as large as those that it knows.
            "working_scale": scale_at(model.card, sources.pixel_size, "The first training image"),
            "thresholds": (0.5,) * len(classes),
            "validation_dice": None,
        }
    )


def starting_network(card: ModelCard, seed: int, start_from: Path | None, *, freeze_encoder: bool) -> UNet:
    """Return the network that the first step changes."""
    network = build_network(card, seed)
    if start_from is not None:
        model = load_model(start_from)
        learnt, fresh = model.network.state_dict(), network.state_dict()
        # A model of other classes lends all but its head, which begins anew.
        begins_anew = "head." if model.card.classes != card.classes else "none"
        network.load_state_dict(
            {name: new if name.startswith(begins_anew) else learnt[name] for name, new in fresh.items()}
        )
    if freeze_encoder:
        network.freeze_encoder()
    return network


def _class_names(reading: MaskReading) -> tuple[str, ...]:
    if reading.kind is MaskKind.CLASSES:
        return tuple(f"class {value}" for value in reading.values)
    return ("foreground",)
