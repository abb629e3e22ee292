"""How to threshold and to clean: the fields of the engine's settings that fit what is thresholded."""

from __future__ import annotations

from collections.abc import Callable

from magicgui.widgets import ComboBox, Container

from napari_cytounet.settings import ThresholdSettings
from napari_cytounet.widgets.fields import field_value, field_widget
from napari_cytounet.widgets.thresholding.source import Source

METHODS = {
    "calibrated": "calibrated on validation data",
    "otsu": "Otsu",
    "li": "Li",
    "triangle": "triangle",
    "fixed": "by hand",
}
"""The methods of the engine as the user reads them; the first that fits is the one to begin with."""
FIELDS = ("dark_objects", "fill_holes", "min_size", "split_touching")


class ThresholdForm(Container):  # type: ignore[type-arg]
    """The method, and what is done to its result.

    Parameters
    ----------
    on_method
        Called when the user chooses another method.
    on_change
        Called when the user changes anything else.
    """

    def __init__(self, on_method: Callable[[], object], on_change: Callable[[], object]) -> None:
        self._fitting = tuple(METHODS)
        help_text = ThresholdSettings.model_fields["method"].description or ""
        self.method = ComboBox(choices=self._methods, label="method", tooltip=help_text)
        self.fields = {name: field_widget(ThresholdSettings, name) for name in FIELDS}
        super().__init__(widgets=[self.method, *self.fields.values()])
        self.margins = (0, 0, 0, 0)
        self.method.changed.connect(lambda: on_method())
        for field in self.fields.values():
            field.changed.connect(lambda: on_change())

    def offer(self, source: Source) -> None:
        """Offer what fits a source; where the same fits, the method stays, unless it was by hand."""
        before, chosen = self._fitting, self.method.value
        self._fitting = tuple(name for name in METHODS if name != "calibrated" or source.calibrated)
        keeps = before == self._fitting and chosen != "fixed"
        with self.method.changed.blocked():
            self.method.reset_choices()
            self.method.value = chosen if keeps else self._fitting[0]
        dark = self.fields["dark_objects"]
        if source.is_probabilities:  # which are high on objects, dark or not
            with dark.changed.blocked():
                dark.value = False
        dark.visible = not source.is_probabilities

    def _methods(self, _: object) -> list[tuple[str, str]]:
        return [(METHODS[name], name) for name in self._fitting]

    def choose_by_hand(self) -> None:
        """Say that the threshold is the user's own, without telling anybody."""
        with self.method.changed.blocked():
            self.method.value = "fixed"

    def settings(self, value: float) -> ThresholdSettings:
        """Return the settings.

        Parameters
        ----------
        value
            The threshold, which they hold if it was chosen by hand.
        """
        method = self.method.value
        cleaning = {name: field_value(ThresholdSettings, field) for name, field in self.fields.items()}
        return ThresholdSettings(method=method, value=value if method == "fixed" else None, **cleaning)
