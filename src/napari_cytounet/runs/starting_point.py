"""What a training starts from: a new network, another model, or where an earlier run began."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from napari_cytounet import __version__
from napari_cytounet.errors import SettingsError
from napari_cytounet.events import Event, Notice
from napari_cytounet.images.mask_values import MaskValue
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.truth import MaskReading
from napari_cytounet.runs.sources import Sources
from napari_cytounet.runs.training_data import measured_scale
from napari_cytounet.settings import InstanceSettings, MaskKind, MaskSettings, TrainSettings
from napari_cytounet.unet.fit import scale_at
from napari_cytounet.unet.model import build_network, load_model
from napari_cytounet.unet.model_card import FORMAT, ModelCard, ObjectCard
from napari_cytounet.unet.network import UNet
from napari_cytounet.unet.working_scale import OBJECT_PIXELS


def new_card(
    sources: Sources, reading: MaskReading, settings: TrainSettings
) -> Generator[Event, None, ModelCard]:
    """Describe a model that begins from nothing."""
    boundaries = learns_boundaries(settings.instances, reading.kind)
    choice = measured_scale(sources.pairs, reading, boundaries=boundaries)
    scale = settings.training.working_scale
    # Where the user has set a scale, it is that of all images.
    own = {"on": True, "off": False, "auto": choice.own and scale is None}[settings.instances.own_scale]
    if scale is None:
        yield Notice(f"Working scale: {choice.reason}.")
        scale = choice.scale
    return ModelCard(
        version=__version__,
        channels=sources.channels,
        **card_classes(reading, settings.masks),
        mask_kind=reading.kind,
        network=settings.network,
        normalisation=Normalisation(),
        working_scale=scale,
        pixel_size=sources.pixel_size,
        thresholds=(0.5,) * reading.class_count,
        objects=ObjectCard(diameter=choice.diameter, own_scale=own) if boundaries else None,
    )


def learns_boundaries(settings: InstanceSettings, masks: MaskKind) -> bool:
    """Whether the boundaries of objects are learnt: `auto` learns them where the masks are instances."""
    return settings.boundaries == "on" or (settings.boundaries == "auto" and masks is MaskKind.INSTANCES)


def card_from_model(
    start_from: Path, sources: Sources, reading: MaskReading, settings: TrainSettings
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
    masks = settings.masks
    classes = card_classes(reading, masks)
    if _same_classes(model.card, classes["mask_values"], classes["classes"]):
        kept = {"classes": masks.class_names, "colours": masks.class_colours}
        classes |= {name: getattr(model.card, name) for name, chosen in kept.items() if chosen is None}
    return model.card.model_copy(
        update={
            **classes,
            "version": __version__,
            "mask_kind": reading.kind,
            "pixel_size": sources.pixel_size,
            # Objects are to look to the network as large as those that it knows.
            "working_scale": scale_at(model.card, sources.pixel_size, "The first training image"),
            "thresholds": (0.5,) * reading.class_count,
            "validation_dice": None,
            "objects": _objects_from(model.card, settings.instances, reading.kind),
            "format": FORMAT,
        }
    )


def _objects_from(card: ModelCard, settings: InstanceSettings, masks: MaskKind) -> ObjectCard | None:
    """Return how a model that goes on from another tells objects apart: as that one, unless asked."""
    if card.objects is not None and settings.boundaries != "off":
        return card.objects
    learns = learns_boundaries(settings, masks)
    return ObjectCard(diameter=OBJECT_PIXELS / card.working_scale) if learns else None


def starting_network(card: ModelCard, seed: int, start_from: Path | None, *, freeze_encoder: bool) -> UNet:
    """Return the network that the first step changes."""
    network = build_network(card, seed)
    if start_from is not None:
        model = load_model(start_from)
        learnt, fresh = model.network.state_dict(), network.state_dict()
        # A model of other classes lends all but its head, which begins anew; so do boundaries new to it.
        anew = () if _same_classes(model.card, card.mask_values, card.classes) else ("head.",)
        network.load_state_dict(
            {
                name: new if name.startswith(anew) or name not in learnt else learnt[name]
                for name, new in fresh.items()
            }
        )
    if freeze_encoder:
        network.freeze_encoder()
    return network


def card_classes(reading: MaskReading, masks: MaskSettings) -> dict[str, Any]:
    """Return what a card says of the classes in masks: their values, and the names and colours chosen.

    Raises
    ------
    SettingsError
        If there are more or fewer of them than classes.
    """
    values = reading.values if reading.kind is MaskKind.CLASSES else ()
    for what, chosen in (("names", masks.class_names), ("colours", masks.class_colours)):
        if chosen is not None and len(chosen) != reading.class_count:
            known = reading.class_names or values
            held = f"{len(known)} classes ({', '.join(map(str, known))})" if known else "one class"
            raise SettingsError(
                f"{len(chosen)} {what} of classes were given ({', '.join(chosen)}), but the masks hold "
                f"{held}. Give one for each class, background left out."
            )
    return {
        "classes": masks.class_names or reading.names,
        "colours": masks.class_colours or (),
        "mask_values": values,
    }


def _same_classes(card: ModelCard, mask_values: tuple[MaskValue, ...], names: tuple[str, ...]) -> bool:
    """Whether a model knows the very classes of masks.

    It may call them otherwise; but several that have no values, as those of annotations, go by their names.
    """
    if len(card.classes) != len(names) or card.mask_values != mask_values:
        return False
    return bool(mask_values) or len(names) == 1 or card.classes == names
