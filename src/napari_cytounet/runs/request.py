"""What was asked of a training, and what an earlier run adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_cytounet.errors import SettingsError
from napari_cytounet.images.pairing import FoundPairs, Pair, find_pairs, pair_files
from napari_cytounet.images.reading import find_images
from napari_cytounet.runs.folder import RunFolder
from napari_cytounet.runs.record import Record, read_record
from napari_cytounet.settings import TrainSettings


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
        return replace(self, settings=self.settings.with_preset())

    def pairs(self) -> FoundPairs:
        """Return the files to learn from and to validate on."""
        if self.images is None:
            if self.earlier is None:
                raise SettingsError("Name the images to learn from, or --resume to go on with a run.")
            data = self.earlier["data"]
            return FoundPairs(_recorded(data["training"]), _recorded(data["validation"]))
        by = self.settings.masks.pairing
        found = find_pairs(self.images, self.masks, by)
        if self.validation is None:
            return found
        images, masks = (find_images(folder) for folder in self.validation)
        return FoundPairs(found.training, pair_files(images, masks, by))

    def _as_recorded(self, earlier: Record) -> TrainRequest:
        repeats = earlier["repeats"] if self.resume else None
        return replace(
            self,
            earlier=earlier,
            settings=TrainSettings.model_validate(earlier["settings"]),
            start_from=Path(earlier["start_from"]["model"]) if earlier["start_from"] else None,
            freeze_encoder=earlier["freeze_encoder"],
            repeat=Path(repeats) if repeats else self.repeat,
        )


def _recorded(entries: Sequence[Record]) -> list[Pair]:
    return [Pair(Path(entry["image"]), Path(entry["mask"])) for entry in entries]
