"""What was asked of a training, and what an earlier run adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_cytounet.errors import OutputError, SettingsError
from napari_cytounet.images.pairing import FoundPairs, Pair, find_pairs
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record, is_session, read_record
from napari_cytounet.runs.sources import describe_model
from napari_cytounet.settings import TrainSettings
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.model_card import ModelCard


@dataclass(frozen=True)
class TrainRequest:
    """What a training is asked to do; see `training` for the attributes.

    Attributes
    ----------
    earlier
        The record of the run that is resumed or repeated.
    """

    images: Path | None
    masks: Path | None
    folder: RunFolder
    validation: tuple[Path, Path] | None
    settings: TrainSettings
    start_from: Path | None
    freeze_encoder: bool
    resume: bool
    repeat: Path | None
    preview: bool
    files: FoundPairs | None = None
    findings: Sequence[Mapping[str, Any]] | None = None
    earlier: Record | None = None

    def completed(self) -> TrainRequest:
        """Return the request with what the preset, or the run to resume or repeat, settles.

        Raises
        ------
        SettingsError
            If there is no run to resume, or an encoder that learnt nothing is to be frozen.
        """
        if self.resume:
            self.folder.check_resumable()
            return self._as_recorded(read_record(self.folder.record))
        if self.repeat is not None:
            return self._as_recorded(read_record(RunFolder(self.repeat).record))
        if self.freeze_encoder and self.start_from is None:
            raise SettingsError(
                "A frozen encoder must have learnt something: name a model with --start-from."
            )
        if self.start_from is not None:
            _refuse_another_network(self.settings, load_model(self.start_from).card)
        return replace(self, settings=self.settings.with_preset())

    def pairs(self) -> FoundPairs:
        """Return the files to learn from and to validate on."""
        if self.files is not None:
            return self.files
        if self.images is None:
            if self.earlier is None:
                raise SettingsError("Name the images to learn from, or --resume to go on with a run.")
            data = self.earlier["data"]
            return FoundPairs(_recorded(data["training"]), _recorded(data["validation"]))
        by = self.settings.masks.pairing
        found = find_pairs(self.images, self.masks, by)
        if self.validation is None:
            return found
        kept = find_pairs(*self.validation, by)
        return FoundPairs(found.training, kept.training, found.notes + kept.notes)

    def _as_recorded(self, earlier: Record) -> TrainRequest:
        try:
            if is_session(earlier):
                raise SettingsError(
                    "This is the folder of a correction session, which is no training to resume or repeat. "
                    "Open it in napari (Correct and learn), or name it with --start-from to train on from "
                    "its model."
                )
            settings = TrainSettings.model_validate(earlier["settings"])
            start_from, repeats = earlier["start_from"], earlier["repeats"] if self.resume else None
            freeze_encoder = earlier["freeze_encoder"]
        except (KeyError, ValueError) as error:
            raise OutputError(
                f"The record of the run is damaged or of another version of napari-cytounet ({error}). "
                "Begin a new run, with --start-from to keep what was learnt."
            ) from error
        _refuse_other_settings(self.settings, settings)
        if self.settings.device.model_fields_set:
            settings = settings.model_copy(update={"device": self.settings.device})
        return replace(
            self,
            earlier=earlier,
            settings=settings,
            start_from=_same_model(self.start_from, start_from),
            freeze_encoder=freeze_encoder,
            repeat=Path(repeats) if repeats else self.repeat,
        )


def _same_model(given: Path | None, recorded: Record | None) -> Path | None:
    """Return the model that an earlier run began from, where it lies now."""
    if given is None:
        return Path(recorded["model"]) if recorded else None
    if recorded is None or describe_model(given)["sha256"] != recorded["sha256"]:
        raise SettingsError(
            f"The run did not begin from the model {given}. Leave --start-from out: a run is resumed and "
            "repeated from where it began."
        )
    return given


def _refuse_other_settings(given: TrainSettings, recorded: TrainSettings) -> None:
    """Refuse settings that a run to resume or repeat does not have; the device may be another."""
    for concern in set(TrainSettings.model_fields) - {"device"}:
        ours, theirs = getattr(given, concern), getattr(recorded, concern)
        for name in ours.model_fields_set:
            if getattr(ours, name) != getattr(theirs, name):
                raise SettingsError(
                    f"The run has {name} {getattr(theirs, name)}, not {getattr(ours, name)}: a run "
                    "is resumed and repeated with its own settings. To train on with others, begin a new run "
                    "with --start-from."
                )


def _refuse_another_network(given: TrainSettings, card: ModelCard) -> None:
    """Refuse settings that contradict the network and the scale that a model brings."""
    for name in given.network.model_fields_set:
        if getattr(given.network, name) != getattr(card.network, name):
            raise SettingsError(
                f"The model to start from has {name} {getattr(card.network, name)}, which cannot become "
                f"{getattr(given.network, name)}. Leave that setting out, or start from no model."
            )
    scale = given.training.working_scale
    if scale is not None and scale != card.working_scale:
        raise SettingsError(
            f"The model to start from works at scale {card.working_scale:.3g}, not {scale:.3g}. Leave "
            "--working-scale out, or start from no model."
        )


def _recorded(entries: Sequence[Record]) -> list[Pair]:
    return [Pair(Path(entry["image"]), Path(entry["mask"])) for entry in entries]
