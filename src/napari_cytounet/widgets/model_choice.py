"""The model that the widgets are working with: they do not know each other, they all know this."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from napari_cytounet.unet.model_card import ModelCard, model_file, read_card


@dataclass(frozen=True)
class ChosenModel:
    """A model file and what its card says."""

    path: Path
    card: ModelCard


class ModelChoice:
    """Which model is chosen; `changed` is emitted with a ChosenModel on the main thread."""

    changed = Signal(object)

    def __init__(self) -> None:
        self._chosen: ChosenModel | None = None

    @property
    def chosen(self) -> ChosenModel | None:
        """The model that was chosen last."""
        return self._chosen

    def choose(self, path: Path | str) -> ChosenModel:
        """Choose a model by its file or the folder of its run, and tell all widgets.

        Raises
        ------
        ModelFileError
            If it is no model of ours.
        """
        file = model_file(path)
        self._chosen = ChosenModel(file, read_card(file))
        self.changed.emit(self._chosen)
        return self._chosen


model_choice = ModelChoice()
"""The choice that all widgets of this napari share."""
