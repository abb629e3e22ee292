"""What a prediction is to give, and how: the results, and what only few need to change."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, Container

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import PredictionSettings, ThresholdSettings
from napari_cytounet.widgets.folded import Folded
from napari_cytounet.widgets.prediction.arrays import Output
from napari_cytounet.widgets.settings_form import SettingsForm
from napari_cytounet.widgets.text import Text

RESULTS: dict[Output, tuple[str, str]] = {
    "instances": ("objects", "Labels: each object has a number of its own, and its class in the table."),
    "classes": ("classes", "Labels: each pixel has the number of its class."),
    "probabilities": ("probabilities", "Images: how sure the model is of each class, from 0 to 1."),
}
"""The results: what they are called here, and what they are."""

REPLACED = "Removes the layers of the last prediction, with what you painted there. This cannot be undone."


class PredictionWishes(Container):  # type: ignore[type-arg]
    """Boxes for the results, and settings of tiles and labels under "advanced"."""

    def __init__(self) -> None:
        wanted = PredictionSettings().output
        self.results = {
            kind: CheckBox(value=kind in wanted, text=name, tooltip=meaning)
            for kind, (name, meaning) in RESULTS.items()
        }
        self.cleaning = SettingsForm(ThresholdSettings, ["fill_holes", "min_size", "split_touching"])
        self.tiles = SettingsForm(PredictionSettings, ["tile", "halo"])
        self.replace = CheckBox(text="replace the last result", tooltip=REPLACED)
        self.warning = Text()
        self.replace.changed.connect(self._warn)
        boxes: Container[CheckBox] = Container(
            widgets=list(self.results.values()), layout="horizontal", labels=False
        )
        boxes.margins = (0, 0, 0, 0)
        self.advanced = Folded("Advanced", [self.cleaning, self.tiles, self.replace, self.warning])
        super().__init__(widgets=[boxes, self.advanced], labels=False)
        self.margins = (0, 0, 0, 0)

    def _warn(self, replace: bool) -> None:
        self.warning.say(REPLACED if replace else "")

    def prediction(self, **others: Any) -> PredictionSettings:
        """Return the settings of the prediction.

        Parameters
        ----------
        others
            Fields that are settled elsewhere.

        Raises
        ------
        SettingsError
            If no result is wanted, or a field holds what it cannot.
        """
        output = tuple(kind for kind, box in self.results.items() if box.value)
        if not output:
            raise SettingsError("Tick at least one result: objects, classes or probabilities.")
        return PredictionSettings(
            output=output, **self.tiles.settings().model_dump(exclude_unset=True), **others
        )

    def threshold(self) -> ThresholdSettings:
        """Return how labels are made of probabilities."""
        return self.cleaning.settings()
