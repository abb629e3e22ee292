"""The paragraph on methods for a paper, with its citations, from the record of a run alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari_cytounet.runs.citations import References
from napari_cytounet.runs.record import Record, digest
from napari_cytounet.unet.boundary_targets import BOUNDARY_WIDTH
from napari_cytounet.unet.optimisers import MOMENTUM
from napari_cytounet.unet.pace import WARM_UP
from napari_cytounet.unet.working_scale import OBJECT_PIXELS


@dataclass(frozen=True)
class Methods:
    """A paragraph on methods.

    Attributes
    ----------
    text
        Markdown without a heading; citations are numbers in brackets.
    references
        One a line, numbered.
    bibtex
        The same as BibTeX.
    """

    text: str
    references: tuple[str, ...]
    bibtex: str

    def as_markdown(self) -> str:
        """Return paragraph and references as Markdown."""
        return "\n\n".join([self.text, "\n".join(self.references)])


def describe_methods(record: Record) -> Methods:
    """Write the paragraph on methods from a record."""
    references = References()
    sentences = [
        _network(record, references),
        _preprocessing(record),
        _data(record),
        _training(record, references),
        _objects(record, references),
        _augmentation(record["settings"]["augmentation"]),
        _result(record, references),
        _record(record),
    ]
    return Methods(" ".join(filter(None, sentences)), tuple(references.as_list()), references.as_bibtex())


def _network(record: Record, references: References) -> str:
    network, environment, card = record["settings"]["network"], record["environment"], record["card"]
    unet, pytorch = references.cite("unet"), references.cite("pytorch")
    stem = (
        f", after 2 x 2 pixels were folded into channels {references.cite('unshuffle')}"
        if network["stem"] == "unshuffle"
        else ""
    )
    guided = (
        f", and a guided filter {references.cite('guided')} has what it finds follow edges of the image"
        if network.get("guided", False)  # records of versions without the filter do not name it
        else ""
    )
    classes = ", ".join(card["classes"])
    many = f"{len(card['classes'])} classes" if len(card["classes"]) > 1 else "one class"
    start = "weights of an earlier model" if record["start_from"] else "random weights"
    frozen = "; its encoder was left unchanged" if record["freeze_encoder"] else ""
    return (
        f"Images were segmented into {many} ({classes}) and background with a U-Net "
        f"{unet} of napari-cytounet {environment['napari-cytounet']}, on PyTorch "
        f"{environment['packages']['torch']} {pytorch}. The network halves the image "
        f"{network['depth']} times and begins with {network['base_width']} channels, which are doubled at "
        f"each stage{stem}; two 3 x 3 convolutions with batch normalisation {references.cite('batchnorm')} "
        f"and ReLU make a stage{guided}. It began from {start}{frozen}."
    )


def _preprocessing(record: Record) -> str:
    card = record["card"]
    normalisation = card["normalisation"]
    low, high = normalisation["clip"]
    size = f" (from {card['pixel_size']:.3g} µm a pixel)" if card["pixel_size"] else ""
    resized = (
        "Images were not resized"
        if card["working_scale"] == 1
        else f"Images were resized by {card['working_scale']:.3g}{size}"
    )
    return (
        f"In each plane and channel, intensities were mapped linearly so that the percentiles "
        f"{normalisation['low_percentile']:g} and {normalisation['high_percentile']:g} became 0 and 1, and "
        f"clipped to {low:g} to {high:g}. {resized} before the network saw them, and results were resized "
        "back."
    )


def _data(record: Record) -> str:
    data = record["data"]
    count, held = len(data["training"]), len(data["validation"])
    images = f"{count} image{'' if count == 1 else 's'}"
    kept = (
        f"{held} other image{'' if held == 1 else 's'} served to choose weights and thresholds"
        if held
        else f"to choose weights and thresholds, a part was kept back ({data['split']})"
    )
    return f"It was trained on {images} with masks ({data['masks']['kind']}); {kept}."


def _training(record: Record, references: References) -> str:
    settings = record["settings"]
    training, optimiser = settings["training"], settings["optimiser"]
    loss = _loss(settings["loss"], references)
    name = (
        f"AdamW {references.cite('adamw')}"
        if optimiser["optimiser"] == "adamw"
        else f"stochastic gradient descent with Nesterov momentum {MOMENTUM:g}"
    )
    penalties = [f"weight decay {optimiser['l2']:g}"] if optimiser["l2"] else []
    penalties += [f"an L1 penalty of {optimiser['l1']:g}"] if optimiser["l1"] else []
    penalties += [f"gradients clipped at length {optimiser['gradient_clip']:g}"]
    average = (
        f" An exponential average of the weights (decay {optimiser['averaging']:g}) was scored and kept."
        if optimiser["averaging"]
        else ""
    )
    return (
        f"The loss was {loss}. It was minimised by {name} with a learning "
        f"rate that rose to {optimiser['learning_rate']:g} over the first {WARM_UP:.0%} of the training and "
        f"fell to 0 along a cosine {references.cite('cosine')}, {_listed(penalties)}. "
        f"A step saw {training['batch_size']} patches of {training['patch_size']} x {training['patch_size']} "
        f"pixels, {training['object_patches']:.0%} of them centred on an object.{average}"
    )


def _loss(loss: Record, references: References) -> str:
    names = {"cross_entropy": "the cross-entropy", "dice": f"a soft Dice loss {_cited(loss, references)}"}
    parts = [names[part] for part in loss["loss"].split("+")]
    text = parts[0] if len(parts) == 1 else f"the sum of {' and '.join(parts)}"
    if loss["border_weight"]:
        text += (
            f", with extra weight {loss['border_weight']:g} on the gaps between neighbouring objects (width "
            f"{loss['border_sigma']:g} pixels) {references.cite('unet')}"
        )
    return text


def _cited(loss: Record, references: References) -> str:
    return references.cite("dice") if "dice" in loss["loss"] else ""


def _objects(record: Record, references: References) -> str:
    """Say how touching objects are told apart, where that was learnt."""
    card = record["card"].get("objects")
    if not card:
        return ""
    weight = record["settings"]["instances"]["boundary_weight"]
    scale = (
        f" Each image was resized so that its objects measured about {OBJECT_PIXELS:g} pixels across, by a "
        "factor that is estimated anew for each image to be segmented."
        if card["own_scale"]
        else ""
    )
    return (
        "So that touching objects come apart, the network also learnt the boundary of each, "
        f"{BOUNDARY_WIDTH:g} pixels wide inside it, by the sum of a cross-entropy, in which pixels of "
        f"a boundary counted {weight:g} times, and a soft Dice loss {references.cite('dice')}; connected "
        "patches of foreground without boundary were labelled, and grown into the foreground around "
        f"them.{scale}"
    )


def _augmentation(augmentation: Record) -> str:
    low, high = augmentation["scale"]
    varied = [
        ("mirroring", augmentation["flip"]),
        ("rotation by any angle", augmentation["rotate"]),
        (f"magnification by {low:g} to {high:g}", low != 1 or high != 1),
        (f"contrast by up to {augmentation['contrast']:.0%}", augmentation["contrast"]),
        (f"brightness by up to {augmentation['brightness']:.0%} of the range", augmentation["brightness"]),
        (f"gamma by up to e^±{augmentation['gamma']:g}", augmentation["gamma"]),
        (f"noise of up to {augmentation['noise']:.0%} of the range", augmentation["noise"]),
        (f"blur of up to {augmentation['blur']:g} pixels", augmentation["blur"]),
    ]
    chosen = [text for text, is_on in varied if is_on]
    return f"Patches were varied at random: {_listed(chosen)}." if chosen else "Patches were not varied."


def _result(record: Record, references: References) -> str:
    result = record.get("result")
    seed = f"All random numbers follow from the seed {record['settings']['training']['seed']}."
    if not result:
        return seed + " The training was not finished."
    device = record["environment"]["device"]
    took = f"The training took {result['steps']} steps in {result['seconds']:.0f} s on {device}."
    if result["dice"] is None:
        return f"{seed} {took} Nothing was kept back: the last weights were taken."
    thresholds = ", ".join(f"{value:.2f}" for value in result["thresholds"])
    objects = (
        f"mean average precision of objects at IoU 0.5 to 0.9 of {result['objects']:.3f}, and "
        if result.get("objects") is not None
        else ""
    )
    return (
        f"{seed} {took} The weights after step {result['best_step']} did best on what was kept back: "
        f"{objects}pooled Dice {result['dice']:.3f}{_interval(result, references)}, at the threshold "
        f"{thresholds}, which was chosen on the same pixels."
    )


def _interval(result: Record, references: References) -> str:
    validation: dict[str, Any] = result.get("validation", {})
    summary = validation.get("dice") or {}
    if not summary.get("pooled_interval"):
        return ""
    low, high = summary["pooled_interval"]
    return (
        f" (95 % interval {low:.3f} to {high:.3f} from resampling {summary['images']} images "
        f"{references.cite('bootstrap')})"
    )


def _record(record: Record) -> str:
    return (
        "All settings, versions and the SHA-256 of every image and mask are in the record of the run (digest "
        f"`{digest(record)}`), from which `cytounet replay` trains the model again."
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
